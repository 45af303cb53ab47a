import type { CommandCall } from './context.ts'
import { secretCommands } from './secret-commands.ts'

export interface CommandSpec {
  /** Words, as they are typed. */
  readonly name: string
  readonly summary: string
  readonly aliases?: readonly string[]
  readonly arguments?: readonly (readonly [name: string, summary: string])[]
  readonly options?: readonly (readonly [
    flags: string,
    summary: string,
    fallback?: string | undefined,
    /** May be given several times. */
    repeat?: 'repeat',
  ])[]
  /** False where the output is no data. */
  readonly json?: false
  /** Options behind the arguments belong to somebody else. */
  readonly passThrough?: true
  load(): Promise<{ run(call: CommandCall): Promise<void> }>
}

const silo = ['<silo>', 'its alias ({client}-{app}) or id'] as const
const agent = ['<agent>', 'its name or id'] as const
const machine = ['<machine>', 'its id, or an app that has exactly one'] as const

/** All commands, Fly's words where Fly has them. */
export const commandTable: readonly CommandSpec[] = [
  {
    name: 'up',
    summary: 'start Hangar in the foreground; Ctrl-C stops everything',
    options: [
      ['-p, --port <port>', 'port of the edge, for <app>.localhost (0: any free one)', '8080'],
      ['--tls-port <port>', 'the same over TLS, with a certificate authority of this machine'],
      ['--api-port <port>', "port of Fly's Machines API on loopback", '4280'],
      ['--api-rate-limits', "with Fly's rate limits"],
      ['--no-api', "do not offer Fly's Machines API over HTTP"],
      ['--no-demo', 'do not create the demo silo on the first run'],
      ['--desk-port <port>', 'port of the desk for agents; default: one of its own, kept'],
      ['--desk-host <address>', 'address of the desk; other than loopback needs a certificate', '127.0.0.1'],
      ['--desk-name <name...>', 'a further name by which agents reach the desk'],
      ['--desk-rate <calls>', 'calls per second that each agent may make', '20'],
      ['--desk-cert <file>', "the desk's certificate (PEM)"],
      ['--desk-key <file>', 'its key (PEM)'],
      ['-d, --detach', 'start it in the background'],
      ['--postgres-bin <folder>', "use a system PostgreSQL's bin folder"],
    ],
    json: false,
    load: () => import('./commands/up.ts'),
  },
  { name: 'down', summary: 'stop everything and end Hangar', load: () => import('./commands/down.ts') },
  { name: 'status', summary: 'what runs on this machine', load: () => import('./commands/status.ts') },
  {
    name: 'silo create',
    summary: 'create a silo',
    arguments: [
      ['<client>', 'whose it is'],
      ['<app>', 'for which application'],
    ],
    options: [
      ['--auto-stop-minutes <minutes>', 'idle minutes until it sleeps; 0 = never'],
      ['--region <region>', 'region code, e.g. iad'],
      ['--no-studio', 'without the studio'],
    ],
    load: () => import('./commands/silo-create.ts'),
  },
  {
    name: 'silo list',
    summary: 'list silos',
    aliases: ['ls'],
    load: () => import('./commands/silo-list.ts'),
  },
  {
    name: 'silo status',
    summary: 'phase, services, idle time, and why it is awake',
    arguments: [silo],
    load: () => import('./commands/silo-status.ts'),
  },
  {
    name: 'silo start',
    summary: 'wake a silo',
    arguments: [silo],
    load: async () => (await import('./commands/silo-actions.ts')).start,
  },
  {
    name: 'silo stop',
    summary: 'put a silo to sleep; keys and data stay',
    arguments: [silo],
    load: async () => (await import('./commands/silo-actions.ts')).stop,
  },
  {
    name: 'silo destroy',
    summary: 'destroy a silo with all its data',
    arguments: [silo],
    options: [['-y, --yes', 'do not ask']],
    load: () => import('./commands/silo-destroy.ts'),
  },
  {
    name: 'silo connect',
    summary: 'addresses and keys of a silo',
    arguments: [silo],
    options: [
      ['--reveal', 'print secrets in the clear'],
      ['--env', 'print as lines of an env file'],
    ],
    load: () => import('./commands/silo-connect.ts'),
  },
  {
    name: 'agent register',
    summary: 'register an agent: makes its key pair and its client',
    arguments: [['<name>', 'how it is called']],
    options: [
      [
        '--role <role>',
        'dev-worker, dev-orchestrator, devops, security-auditor, security-validator or clientele',
      ],
      ['--silo <silo...>', 'silos that it holds; "*" for all'],
      [
        '--key-file <file>',
        "the agent's own file, with its private key (default: agents/<name>.json in the home)",
      ],
      ['--secret', 'a client secret instead of a key, for clients that cannot sign'],
    ],
    load: () => import('./commands/agent-register.ts'),
  },
  {
    name: 'agent list',
    summary: 'list agents, their roles and silos',
    aliases: ['ls'],
    load: () => import('./commands/agent-list.ts'),
  },
  {
    name: 'agent revoke',
    summary: 'refuse every token and key of an agent from now on',
    arguments: [agent],
    load: () => import('./commands/agent-revoke.ts'),
  },
  {
    name: 'agent token',
    summary: "get an access token with an agent's key",
    arguments: [agent],
    options: [
      ['--key-file <file>', "the agent's file (default: agents/<name>.json in the home)"],
      ['--silo <silo...>', 'for these silos only (ids)'],
      ['--static', 'make a static bearer token instead, for clients that can do no better'],
      ['--days <days>', 'until a static token runs out; 0: when it is revoked', '30'],
    ],
    load: () => import('./commands/agent-token.ts'),
  },
  {
    name: 'agent admit',
    summary: 'make an admission token, with which clients register themselves',
    options: [
      ['--role <role>', 'role of those clients'],
      ['--silo <silo...>', 'their silos; "*" for all'],
      ['--uses <count>', 'how many may register', '1'],
      ['--minutes <minutes>', 'until it runs out', '60'],
    ],
    load: () => import('./commands/agent-admit.ts'),
  },
  {
    name: 'silo lease',
    summary: "a login for a silo's database that ends by itself",
    arguments: [silo],
    options: [
      ['-w, --write', 'to change rows too; default: to read'],
      ['--minutes <minutes>', 'until it ends; default: 60'],
      ['--rows <count>', 'most rows of one answer; default: 1000'],
      ['--timeout <seconds>', 'longest statement; default: 10'],
      ['--bypass-rls', 'see every row'],
      ['--purpose <text>', 'what for'],
    ],
    load: async () => (await import('./commands/silo-leases.ts')).grant,
  },
  {
    name: 'silo leases',
    summary: 'leases of a silo',
    arguments: [silo],
    load: async () => (await import('./commands/silo-leases.ts')).list,
  },
  {
    name: 'silo revoke',
    summary: 'end a lease at once',
    arguments: [silo, ['<lease>', 'its id']],
    load: async () => (await import('./commands/silo-leases.ts')).revoke,
  },
  {
    name: 'silo rotate',
    summary: 'new keys and passwords; the old ones are dead at once',
    arguments: [silo],
    load: async () => (await import('./commands/silo-care.ts')).rotate,
  },
  {
    name: 'silo rls',
    summary: 'show or switch the mode of row-level security',
    arguments: [silo, ['[mode]', 'production, permissive or disabled']],
    options: [['--confirm <silo>', 'its alias again, for disabled']],
    load: async () => (await import('./commands/silo-care.ts')).rls,
  },
  {
    name: 'silo move',
    summary: 'take a silo to another region, with its data',
    arguments: [silo, ['<region>', 'region code, e.g. ams']],
    options: [['--strict', 'refuse a region that Fly no longer has']],
    load: async () => (await import('./commands/silo-care.ts')).move,
  },
  {
    name: 'silo destroyed',
    summary: 'destroyed silos that can still be brought back',
    load: async () => (await import('./commands/silo-care.ts')).destroyed,
  },
  {
    name: 'silo restore',
    summary: 'bring back a silo that was destroyed in the last 48 hours',
    arguments: [silo],
    load: async () => (await import('./commands/silo-care.ts')).restore,
  },
  {
    name: 'silo forget',
    summary: 'delete what is kept of a destroyed silo now',
    arguments: [silo],
    options: [['-y, --yes', 'do not ask']],
    load: async () => (await import('./commands/silo-care.ts')).forget,
  },
  {
    name: 'silo frontend',
    summary: "set the two public variables of the silo's site at Netlify, once",
    arguments: [silo, ['<site>', 'id of the site']],
    options: [['--url <url>', 'address of the gateway; default: its stable name on Fly']],
    load: async () => (await import('./commands/silo-care.ts')).frontend,
  },
  {
    name: 'regions',
    summary: 'regions a silo can be in',
    load: async () => (await import('./commands/silo-care.ts')).regions,
  },
  {
    name: 'silo context',
    summary: 'what the desk tells a devops agent now',
    arguments: [silo],
    options: [['--reveal', 'print secrets in the clear']],
    load: () => import('./commands/silo-context.ts'),
  },
  {
    name: 'silo metadata',
    summary: 'the metadata document: names, region, status words, times',
    arguments: [silo],
    load: () => import('./commands/silo-metadata.ts'),
  },
  {
    name: 'silo extend',
    summary: 'keep a silo awake for so many minutes',
    arguments: [silo, ['<minutes>', 'from now; at most a day']],
    load: () => import('./commands/silo-extend.ts'),
  },
  {
    name: 'silo events',
    summary: 'what happened to a silo, and who asked for it',
    arguments: [silo],
    options: [['-n, --limit <count>', 'how many', '50']],
    load: () => import('./commands/silo-events.ts'),
  },
  {
    name: 'silo logs',
    summary: "last lines of a silo's services, secrets replaced",
    arguments: [silo],
    options: [
      ['-s, --service <service>', 'of this service only'],
      ['-n, --lines <count>', 'lines of each service', '50'],
    ],
    load: () => import('./commands/silo-logs.ts'),
  },
  {
    name: 'approve',
    summary: 'allow the one call that an agent asked for',
    arguments: [['<approval>', 'its id, from "hangar approvals list"']],
    load: async () => (await import('./commands/approvals.ts')).approve,
  },
  {
    name: 'approvals list',
    summary: 'what agents wait to be allowed',
    aliases: ['ls'],
    load: async () => (await import('./commands/approvals.ts')).list,
  },
  {
    name: 'approvals refuse',
    summary: 'refuse the call that an agent asked for',
    arguments: [['<approval>', 'its id']],
    load: async () => (await import('./commands/approvals.ts')).refuse,
  },
  {
    name: 'approvals rules',
    summary: 'which operations need an approval',
    load: async () => (await import('./commands/approvals.ts')).rules,
  },
  {
    name: 'approvals require',
    summary: 'say whether an operation needs an approval',
    arguments: [
      ['<operation>', 'e.g. silo.destroy'],
      ['<yes|no>', 'whether agents need one'],
    ],
    load: async () => (await import('./commands/approvals.ts')).require,
  },
  {
    name: 'audit list',
    summary: 'who asked the desk for what, newest first',
    aliases: ['ls'],
    options: [
      ['-n, --limit <count>', 'how many', '50'],
      ['--silo <silo>', 'about that silo'],
      ['--caller <id>', 'by that agent (or operator)'],
      ['--before <number>', 'rows before that one'],
    ],
    load: async () => (await import('./commands/audit.ts')).list,
  },
  {
    name: 'audit verify',
    summary: 'check that no row was changed, removed or moved',
    options: [['--elsewhere', 'archives that are not in the folder are kept elsewhere']],
    load: async () => (await import('./commands/audit.ts')).verify,
  },
  {
    name: 'audit archive',
    summary: 'move old rows to files, one per month',
    options: [
      ['--before <day>', 'rows before that day, UTC (default: before this month)'],
      ['--keep-rows <count>', 'all but so many of the newest'],
    ],
    load: async () => (await import('./commands/audit.ts')).archive,
  },
  {
    name: 'mcp',
    summary: 'speak MCP on stdin and stdout, as an agent',
    arguments: [['[agent]', 'its name; without it: HANGAR_TOKEN and --url']],
    options: [
      ['--key-file <file>', "the agent's file (default: agents/<name>.json in the home)"],
      ['--silo <silo...>', 'for these silos only (ids)'],
      ['--url <url>', 'the MCP endpoint, e.g. http://127.0.0.1:4281/mcp'],
    ],
    json: false,
    load: () => import('./commands/mcp.ts'),
  },
  { name: 'apps list', summary: 'list apps', aliases: ['ls'], load: () => import('./commands/apps-list.ts') },
  {
    name: 'scale count',
    summary: 'how many machines an app has; starts what is down in a silo',
    arguments: [['<count...>', 'a number, or <group>=<number>; of a silo <service>=1']],
    options: [
      ['-a, --app <app>', 'the app'],
      ['--silo <silo>', 'a silo, whose services are then named'],
    ],
    load: () => import('./commands/scale-count.ts'),
  },
  {
    name: 'machine list',
    summary: 'list machines',
    aliases: ['ls'],
    options: [['-a, --app <app>', 'of this app only']],
    load: () => import('./commands/machine-list.ts'),
  },
  {
    name: 'machine status',
    summary: 'one machine in detail',
    arguments: [machine],
    load: () => import('./commands/machine-status.ts'),
  },
  ...(['start', 'stop', 'suspend', 'restart'] as const).map(
    (verb): CommandSpec => ({
      name: `machine ${verb}`,
      summary: `${verb} a machine`,
      arguments: [machine],
      load: async () => (await import('./commands/machine-actions.ts'))[verb],
    }),
  ),
  {
    name: 'machine exec',
    summary: 'run a command in a machine',
    arguments: [machine, ['<command...>', 'the command and its arguments']],
    options: [
      ['--timeout <seconds>', 'end it after so long'],
      ['--reveal', 'leave secrets in its output'],
    ],
    passThrough: true,
    load: () => import('./commands/machine-exec.ts'),
  },
  {
    name: 'logs',
    summary: 'logs of an app, a machine, a silo, or everything',
    arguments: [['[of]', 'app, machine id, or silo']],
    options: [
      ['-f, --follow', 'go on as they are written'],
      ['-n, --lines <count>', 'how many older lines', '100'],
      ['-a, --app <app>', 'the same as the argument'],
    ],
    load: () => import('./commands/logs.ts'),
  },
  ...secretCommands,
  {
    name: 'fly env',
    summary: 'environment for Fly\'s own flyctl against this Hangar: eval "$(hangar fly env)"',
    load: () => import('./commands/fly-env.ts'),
  },
  {
    name: 'doctor',
    summary: 'check what Hangar needs on this machine',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'lint',
    summary: 'check fly.toml and hangar.toml files, and mend them',
    arguments: [['[paths...]', 'files or folders; default: this folder']],
    options: [
      ['--fix', 'mend what can be mended; comments and order stay'],
      ['--strict', 'warnings count as errors'],
    ],
    load: () => import('./commands/lint.ts'),
  },
  {
    name: 'init',
    summary: 'write a hangar.toml from what is in a folder',
    arguments: [['[folder]', 'default: this folder']],
    options: [
      ['--name <name>', "name of the stack; default: the folder's"],
      ['--force', 'replace a hangar.toml that is there'],
      ['--dry-run', 'print it, write nothing'],
    ],
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'service',
    summary: 'run one built-in service alone, configured as its official image',
    arguments: [
      ['<name>', 'rest, auth, storage, gateway or studio'],
      ['[file]', 'configuration file of rest; variables go before it'],
    ],
    options: [
      ['-p, --port <port>', 'port on loopback; default: as its environment says'],
      ['--dump-config', 'rest: print its settings and stop'],
      ['--dump-schema', 'rest: print what it knows of the database as JSON and stop'],
      ['--example', 'rest: print an example of a configuration file and stop'],
      ['--ready', 'rest: ask the one that runs with these settings whether it is ready'],
    ],
    json: false,
    load: () => import('./commands/service.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for your shell',
    arguments: [['<shell>', 'bash, zsh or fish']],
    json: false,
    load: () => import('./commands/completion.ts'),
  },
]
