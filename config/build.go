package config

import "runtime/debug"

// build is set where a program is linked:
//
//	go build -ldflags "-X github.com/closeofbusiness/cob/config.build=1.1.0" ./worker
var build string

// Build tells which build of COB this program is: what it was linked with, or
// else the first twelve characters of its commit, with "+dirty" where files had
// been changed since. It is empty where neither is known, as under go run.
func Build() string {
	info, ok := debug.ReadBuildInfo()
	if build != "" || !ok {
		return build
	}
	return commit(info.Settings)
}

func commit(settings []debug.BuildSetting) string {
	const most = 12
	revision, dirty := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), most)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = Dirty
		}
	}
	if revision == "" {
		return ""
	}
	return revision + dirty
}

// Dirty marks a build of files that had been changed since their commit. Two
// such builds may differ and have the same name.
const Dirty = "+dirty"
