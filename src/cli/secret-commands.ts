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
]
