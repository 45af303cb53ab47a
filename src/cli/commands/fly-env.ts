import { join } from 'node:path'
import type { CommandCall } from '../context.ts'
import { machinesApiOf } from '../target/machines-api.ts'

/** What flyctl and fly-go need to be set to speak with this Hangar, as lines that a shell can take: `eval "$(hangar fly env)"`. */
export async function run({ context }: CommandCall): Promise<void> {
  const { url, token } = await machinesApiOf(context)
  const environment = {
    FLY_API_BASE_URL: url,
    FLY_FLAPS_BASE_URL: url,
    FLY_UIEX_BASE_URL: url,
    FLY_API_TOKEN: token,
    // What flyctl remembers of apps here (versions of their secrets) must not mix with the same names on Fly.
    FLY_CONFIG_DIR: join(context.home, 'flyctl'),
    FLY_NO_UPDATE_CHECK: '1',
    FLY_NO_INCIDENTS_CHECK: '1',
    FLY_SEND_METRICS: '0',
    // flyctl sends its traces to Fly with the token in a header, over plain HTTP; the port it appends (4318) is refused here at once.
    FLY_TRACE_COLLECTOR_URL: '127.0.0.1',
  }
  context.print(environment, () =>
    [
      // It would win over FLY_API_TOKEN.
      'unset FLY_ACCESS_TOKEN',
      ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`),
    ].join('\n'),
  )
}

function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}
