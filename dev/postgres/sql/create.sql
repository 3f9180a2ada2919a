CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}
