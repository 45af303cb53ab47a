import type { Severity } from '../errors.ts'

interface RuleRow {
  readonly severity: Severity
  /** `--fix` mends it, wholly or where it is clear how. */
  readonly fix: boolean
  readonly summary: string
}

const error = (summary: string, fix = false): RuleRow => ({ severity: 'error', fix, summary })
const warning = (summary: string, fix = false): RuleRow => ({ severity: 'warning', fix, summary })
const note = (summary: string, fix = false): RuleRow => ({ severity: 'note', fix, summary })
const mended = true

/** Every rule of `hangar lint`; docs/reference/lint.md is made from this. */
export const ruleTable = {
  syntax: error('The file is no TOML.'),
  'byte-order-mark': warning('The file begins with a byte order mark, at which flyctl stops.', mended),
  'line-endings': note('Lines end sometimes with CRLF and sometimes with LF.', mended),
  'duplicate-table': error('A table is written twice; TOML allows it once.', mended),
  'duplicate-key': error('A key is written twice in one table; mended when both say the same.', mended),
  'broken-inline-table': error('An inline table spans lines or lacks commas.', mended),
  'missing-comma': error('A comma is missing between the elements of a list.', mended),
  'unknown-key': error('Fly knows no such key and would silently ignore it.'),
  value: error('A value has the wrong kind, or a required key is missing.'),
  'misplaced-key': error(
    'A key that belongs to the service (or elsewhere) stands where it does nothing.',
    mended,
  ),
  'port-level': error('A key of the service stands in its ports, or the other way round.', mended),
  'invented-key': error('A key with another name than the one Fly has for it.', mended),
  'retired-key': warning('A key that Fly has dropped.', mended),
  'service-protocol': error(
    'The protocol of a service is tcp or udp; http is a handler of its ports.',
    mended,
  ),
  'internal-port': error('A service does not say which port the app listens on.', mended),
  'single-table': error('A section that is a list is written as one table.', mended),
  'old-spelling': warning('A section under an older name, or one table where Fly writes a list.', mended),
  autoscaling: warning(
    '[autoscaling] is an extension of Hangar: Fly has no such section, it is left out there.',
  ),
  'scale-to-zero': error(
    'min_machines_running keeps a machine awake in a stack that sleeps when idle.',
    mended,
  ),
  'stop-without-start': warning('Machines stop by themselves and nothing starts them again.'),
  'suspend-limits': warning('Fly suspends machines of up to 2 GB without swap only; others are stopped.'),
  'secret-in-env': error('What looks like a secret is written into [env].'),
  'reserved-variable': error('Names that begin with FLY_ belong to Fly.'),
  'port-variable': warning('PORT says something else than the internal_port of the service.'),
  'development-mode': warning('NODE_ENV is not production on Fly.'),
  'declared-rule': error('A value in [env] breaks a rule that hangar.toml declares for it.'),
  'postgres-data': warning(
    "PostgreSQL's data directory is the root of a volume, where initdb refuses to run.",
    mended,
  ),
  'gone-region': warning('A region that Fly no longer has.', mended),
  'unknown-region': error('A region that Fly never had.'),
  'service-group': error(
    'A section does not say to which process group it belongs, or names one that is not there.',
    mended,
  ),
  'service-ports': warning('A service without ports is reached by nobody.'),
  'public-handler': warning('A public port without the handlers that make it work.'),
  'public-database': warning('A database with a public port.'),
  'build-settings': warning('Settings of [build] that do nothing, or that contradict each other.'),
  'deploy-strategy': error('A deploy strategy that Fly refuses for this app.'),
  'release-command': warning('What a release command cannot rely on: volumes, more than five minutes.'),
  command: error('A command line with an open quote.'),
  'check-times': error('Times of a check that Fly refuses or changes.', mended),
  duration: warning('A bare number that Fly counts in nanoseconds.'),
  'kill-timeout': error('kill_timeout is longer than five minutes.'),
  concurrency: warning('soft_limit is above hard_limit.'),
  volume: error('A mount that Fly refuses.'),
  files: error('An entry of [[files]] that Fly refuses.'),
  'vm-size': error('A machine size that Fly does not have.'),
  statics: error('More than ten [[statics]].'),
  kong: warning('Settings without which the Kong image does not start.'),
  postgrest: warning('Settings of PostgREST that leave keys unverified or have an older name.'),
  gotrue: warning('Settings without which GoTrue does not start or sends wrong links.'),
  'storage-api': warning('Uploads that do not survive a deploy.'),
  stack: error('What is wrong in hangar.toml.'),
  'app-name': error('The app of a fly.toml is missing or another app has the same name.'),
  'flag-as-secret': note('A switch or a number declared as a secret.'),
  'secret-strength': warning('A declared secret of which any value is strong enough.'),
} satisfies Record<string, RuleRow>

export type RuleName = keyof typeof ruleTable
