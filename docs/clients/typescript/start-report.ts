// Starts the close-of-business report of a series for a business date, or joins it where somebody has
// started it already; waits, and prints its receipt.
//
//   node dist/start-report.js [--json] SERIES YYYY-MM-DD
//
// Where Temporal is say TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and whatever else Temporal's own tools read;
// COB_TASK_QUEUE names the task queue, "cob" by default. Ctrl-C leaves the report to itself.
//
// Exit codes are starter's: 0 there is a receipt; 1 the report failed; 2 it was refused, or this was
// called wrongly; 3 Temporal could not be asked.

import { parseArgs } from 'node:util';
import { ApplicationFailure, Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** What CloseOfBusiness takes: ../../schemas/request.schema.json. */
interface Request {
  series: string;
  business_date: string;
  requested_by?: string;
}

/** What it returns, as far as this program reads it: ../../schemas/receipt.schema.json. */
interface Receipt {
  series: string;
  business_date: string;
  revision: number;
  state: string;
  facts?: { sha256: string; size: number };
  decision?: { by: string; reason: string };
  already?: boolean;
}

async function connect(): Promise<Client> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return new Client({ connection: await Connection.connect(connectionOptions), namespace });
}

/** Whoever asks for a cycle, and however often: there is one report, and everybody gets its receipt. */
async function startOrJoin(client: Client, request: Request): Promise<Receipt> {
  const handle = await client.workflow.start('CloseOfBusiness', {
    taskQueue: process.env.COB_TASK_QUEUE || 'cob',
    workflowId: `cob/${request.series}/${request.business_date}`, // one cycle, one ID
    workflowIdConflictPolicy: 'USE_EXISTING', // it runs: join it
    workflowIdReusePolicy: 'ALLOW_DUPLICATE', // it has ended: ask for its receipt, or have it try again
    args: [request],
  });
  console.error(`waiting for ${handle.workflowId}`);
  return handle.result(); // may take until the series' deadline, or as long as the cycle is held
}

function inWords(r: Receipt): string {
  if (r.state === 'waived') {
    return `waived  ${r.series}  ${r.business_date}  by ${r.decision?.by}: ${r.decision?.reason}`;
  }
  return `${r.state}  ${r.series}  ${r.business_date}  revision ${r.revision}  facts sha256:${r.facts?.sha256}`;
}

/** Temporal wraps what went wrong in the workflows and activities that it came through. */
function exitCode(error: unknown): number {
  if (!(error instanceof WorkflowFailedError)) return 3;
  for (let e: Error | undefined = error; e; e = e.cause as Error | undefined) {
    if (e instanceof ApplicationFailure && ['Invalid', 'NotFound', 'NotDue'].includes(e.type ?? '')) return 2;
  }
  return 1;
}

function message(error: unknown): string {
  let e = error as Error;
  while (e.cause instanceof Error) e = e.cause;
  return e.message;
}

function usage(): never {
  console.error('usage: node dist/start-report.js [--json] SERIES YYYY-MM-DD');
  process.exit(2);
}

function args() {
  try {
    return parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
  } catch {
    return usage();
  }
}

const { positionals, values } = args();
const [series, date] = positionals;
if (!series || !date || positionals.length > 2) usage();
let client: Client | undefined;
try {
  client = await connect();
  const receipt = await startOrJoin(client, { series, business_date: date, requested_by: 'start-report' });
  console.log(values.json ? JSON.stringify(receipt) : inWords(receipt));
} catch (error) {
  process.exitCode = exitCode(error);
  console.error((process.exitCode === 3 ? 'Temporal could not be asked: ' : '') + message(error));
} finally {
  await client?.connection.close();
}
