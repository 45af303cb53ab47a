import type { CommandSpec } from './command-table.ts'

type Options = NonNullable<CommandSpec['options']>

const files: Options = [
  ['-f, --file <file>', 'env file; may be given several times, the first wins', undefined, 'repeat'],
  ['--env-keys-file <file>', 'file with the private keys; default: .env.keys beside the env file'],
]
const layers: Options = [
  ...files,
  ['-e, --environment <name>', 'with .env.<name>'],
  ['--infra', 'with .env.infra.local'],
]

const stack: Options = [
  ['--stack <folder>', 'folder or hangar.toml of the stack; default: the nearest one upwards'],
  ['--target <target>', 'local or fly; default: HANGAR_TARGET'],
  ['--api-url <url>', "address of the Machines API instead of the target's own"],
]
const values: Options = [
  [
    '-f, --file <file>',
    'env file instead of those of the stack; several: the last wins',
    undefined,
    'repeat',
  ],
  ['--from-env', 'take values from the environment too, before the files: for CI'],
]

/** Env files and secrets. None of them needs a running Hangar. */
export const secretCommands: readonly CommandSpec[] = [
  {
    name: 'env get',
    summary: 'print a value of the env files, or all of them',
    arguments: [['[name]', 'the variable; none: all']],
    options: [...layers, ['--overload', 'of several -f the last wins']],
    load: () => import('./commands/env-get.ts'),
  },
  {
    name: 'env set',
    summary: 'set a value in an env file; asks for it, or reads standard input',
    arguments: [
      ['<name>', 'the variable'],
      ['[value]', 'the value, when it is no secret'],
    ],
    options: [
      ['-f, --file <file>', 'env file; default: .env.infra.local when it is there, otherwise .env.local'],
      ['--env-keys-file <file>', 'file with the private keys; default: .env.keys beside the env file'],
      ['--from-file <file>', 'read the value from a file; -: standard input'],
      ['--encrypt', 'encrypt it, also in a file that was plain'],
      ['--plain', 'do not encrypt it'],
    ],
    load: () => import('./commands/env-set.ts'),
  },
  {
    name: 'env run',
    summary: 'run a command with the env files in its environment',
    arguments: [['<command...>', 'the command and its arguments, behind --']],
    options: [...layers, ['--overload', 'the files win over the environment, and of several -f the last']],
    json: false,
    passThrough: true,
    load: () => import('./commands/env-run.ts'),
  },
  {
    name: 'env guard',
    summary: 'refuse to commit plain secrets, keys and root .env files',
    arguments: [['[files...]', 'these files instead of what is staged']],
    options: [
      ['--install', "call it from the repository's pre-commit hook"],
      ['--uninstall', 'take it out of the hook'],
    ],
    load: () => import('./commands/env-guard.ts'),
  },
  {
    name: 'preflight',
    summary: 'what would be missing, weak, stale or unused if this stack were deployed now',
    options: [...stack, ...values, ['--strict', 'warnings fail too']],
    load: () => import('./commands/preflight.ts'),
  },
  {
    name: 'secrets list',
    summary: 'names and digests of the secrets on the target, with what the stack says about them',
    aliases: ['ls'],
    arguments: [['[app]', 'one app of the stack']],
    options: stack,
    load: () => import('./commands/secrets-list.ts'),
  },
  {
    name: 'secrets push',
    summary: 'send the declared secrets to the target; they count from the next deploy on',
    arguments: [['[app]', 'one app of the stack']],
    options: [
      ...stack,
      ...values,
      ['--all', 'every app'],
      ['--now', 'machines take them up at once, one after the other'],
      ['--dry-run', 'only say what would be sent'],
      ['--force', 'also what is unchanged or weak'],
    ],
    load: () => import('./commands/secrets-push.ts'),
  },
  {
    name: 'secrets set',
    summary: 'set secrets of one app that no stack declares; asks for the values',
    arguments: [['<names...>', 'NAME, or NAME=VALUE']],
    options: [
      ['-a, --app <app>', 'name of the app on the target (required)'],
      ...stack.slice(1),
      ['--from-file <file>', 'read the value from a file; -: standard input'],
      ['--now', 'machines take them up at once'],
    ],
    load: async () => (await import('./commands/secrets-set.ts')).set,
  },
  {
    name: 'secrets import',
    summary: 'set everything that an env file or standard input holds as secrets of one app',
    options: [
      ['-a, --app <app>', 'name of the app on the target (required)'],
      ...stack.slice(1),
      ['-f, --file <file>', 'env file, encrypted or plain; default: standard input', undefined, 'repeat'],
      ['--now', 'machines take them up at once'],
    ],
    load: async () => (await import('./commands/secrets-set.ts')).importAll,
  },
  {
    name: 'secrets unset',
    summary: 'remove secrets of an app from the target',
    arguments: [['<names...>', 'the secrets']],
    options: [
      ['-a, --app <app>', 'name of the app on the target (required)'],
      ...stack.slice(1),
      ['--now', 'machines run without them at once'],
    ],
    load: () => import('./commands/secrets-unset.ts'),
  },
  {
    name: 'secrets generate',
    summary: 'print a new random value on one line, or write it into the env file unseen',
    arguments: [['[name]', 'a declared secret: its form and strength are used']],
    options: [
      ['--bytes <count>', 'random bytes; default: 64, as hex 32'],
      ['--encoding <encoding>', 'hex, base64, base64url or uuid'],
      ['--write', 'put it into the env file instead of printing it'],
      ['--into <file>', 'the env file; default: .env.infra.local when it is there, otherwise .env.local'],
      ['--force', 'replace the value that is there'],
      ...stack.slice(0, 1),
      ...values.slice(0, 1),
    ],
    load: () => import('./commands/secrets-generate.ts'),
  },
  {
    name: 'secrets rotate',
    summary: 'replace a secret in two phases: new beside old, then retire the old',
    arguments: [['[name]', 'a declared secret; none: what is under way']],
    options: [
      ...stack,
      ...values.slice(0, 1),
      ['--from-file <file>', 'read the new value from a file; -: standard input'],
      ['--now', 'machines take it up at once'],
      ['--retire', 'second phase: remove the old value'],
      ['--abandon', 'put the old value back'],
      ['--force', 'retire although machines still run the old value'],
    ],
    load: () => import('./commands/secrets-rotate.ts'),
  },
  {
    name: 'secrets rekey',
    summary: 'seal everything that this Hangar keeps with a new key; it must be down',
    load: () => import('./commands/secrets-rekey.ts'),
  },
  {
    name: 'ci init',
    summary: 'write GitHub workflows: one per app with path filters, all behind preflight',
    options: [
      ...stack.slice(0, 1),
      ['--branch <branch>', 'branch whose pushes deploy; default: main'],
      ['--print', 'only show them'],
      ['--force', 'replace workflows that were changed'],
    ],
    load: () => import('./commands/ci-init.ts'),
  },
]
