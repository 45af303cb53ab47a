import type { Silo, SiloConnection } from '#contract'
import { style } from './style.ts'

export interface StartScreen {
  readonly daemon: {
    readonly httpPort: number
    readonly httpsPort: number | undefined
    readonly desk: string | null
  }
  /** The silo whose addresses are shown. */
  readonly demo: { readonly silo: Silo; readonly connection: SiloConnection } | undefined
  readonly tookMs: number
}

/** What a user sees when everything runs. Each address works when it is pasted; nothing secret is shown. */
export function startScreen({ daemon, demo, tookMs }: StartScreen): string {
  const took = tookMs < 10_000 ? `${Math.round(tookMs)} ms` : `${(tookMs / 1000).toFixed(1)} s`
  return [
    '',
    `  ${style.green(style.bold('HANGAR'))}  ${style.dim('ready in')} ${style.bold(took)}`,
    '',
    ...(demo ? siloLines(demo) : [`  ${style.dim('No silos yet.')}`]),
    `  ${style.dim('➜  Edge:    ')}  ${style.cyan(`http://127.0.0.1:${daemon.httpPort}`)}  ${style.dim('as <app>.localhost')}`,
    ...(daemon.httpsPort === undefined
      ? []
      : [`  ${style.dim('➜  TLS:     ')}  ${style.cyan(`https://127.0.0.1:${daemon.httpsPort}`)}`]),
    ...(daemon.desk === null
      ? []
      : [
          `  ${style.dim('➜  Desk:    ')}  ${style.cyan(daemon.desk)}  ${style.dim('for agents; its contract to read')}`,
        ]),
    '',
    ...(demo ? supabaseLines(demo.connection) : []),
    `  ${style.bold('Try next')}`,
    ...nextCommands(demo?.silo.alias).map(command => `    ${style.cyan(command)}`),
    '',
    `  ${style.dim('Ctrl-C stops everything; silos and their data are kept.')}`,
    '',
  ].join('\n')
}

function siloLines({ silo, connection }: NonNullable<StartScreen['demo']>): string[] {
  const line = (name: string, address: string) =>
    `  ${style.green('➜')}  ${style.bold(name.padEnd(9))}  ${address}`
  return [
    line(
      'Silo:',
      `${silo.alias} ${style.dim(`(${silo.phase}; sleeps after ${silo.auto_stop_minutes} idle minutes, any request wakes it)`)}`,
    ),
    line('API:', style.cyan(connection.supabase_url)),
    ...(connection.studio_url
      ? [
          line(
            'Studio:',
            `${style.cyan(connection.studio_url)} ${style.dim(`user supabase, password: npx hangar silo connect ${silo.alias} --reveal`)}`,
          ),
          line(
            'Inbox:',
            `${style.cyan(`${connection.studio_url}/inbox`)} ${style.dim('what auth mails; the same password')}`,
          ),
        ]
      : []),
    line('Postgres:', style.cyan(connection.db_connection_string.replace(/:[^:@/]*@/, '@'))),
  ]
}

function supabaseLines(connection: SiloConnection): string[] {
  return [
    `  ${style.bold('For supabase-js')}`,
    `    SUPABASE_URL=${connection.supabase_url}`,
    `    SUPABASE_ANON_KEY=${connection.supabase_anon_key}`,
    '',
  ]
}

function nextCommands(alias: string | undefined): string[] {
  return alias === undefined
    ? ['npx hangar silo create acme erp', 'npx hangar status', 'npx hangar --help']
    : [
        `npx hangar silo status ${alias}`,
        `npx hangar silo connect ${alias} --reveal`,
        'npx hangar silo create acme crm',
      ]
}
