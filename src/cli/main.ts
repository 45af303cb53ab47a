import { Command, CommanderError, Option } from 'commander'
import { type CommandSpec, commandTable } from './command-table.ts'
import { createContext } from './context.ts'
import { whenNobodyReads } from './output/broken-pipe.ts'
import { exitCodes, renderError } from './output/render-error.ts'
import { hangarVersion } from './version.ts'

/** Runs one command line and sets the exit code of the process. */
export async function main(argv: readonly string[]): Promise<void> {
  // Hangar itself goes on, and stops everything in order when it is told to; other commands have nothing more to do.
  whenNobodyReads(() => argv[0] === 'up' || process.exit(0))
  const program = buildProgram()
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version were printed already; so was what is wrong with the line.
      process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage
      return
    }
    process.exitCode = renderError(error, { json: argv.includes('--json') })
  }
}

/** Every command of the table, its code loaded when it is called. */
export function buildProgram(): Command {
  const program = new Command('hangar')
    .description('Runs multi-service stacks shaped for Fly.io on this machine.')
    .version(hangarVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .showSuggestionAfterError(true)
    .showHelpAfterError('(add --help for an explanation)')
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .exitOverride()
    .enablePositionalOptions()
  const groups = new Map<string, Command>()
  for (const spec of commandTable) addCommand(program, groups, spec)
  return program
}

function addCommand(program: Command, groups: Map<string, Command>, spec: CommandSpec): void {
  const words = spec.name.split(' ')
  const last = words.pop() ?? ''
  let parent = program
  for (const word of words) {
    const known = groups.get(word)
    const group =
      known ??
      parent
        .command(word)
        .description(groupSummaries[word] ?? '')
        .helpCommand('help [command]', 'explain a command')
        .exitOverride()
    groups.set(word, group)
    parent = group
  }
  const command = parent.command(last).description(spec.summary).exitOverride()
  for (const alias of spec.aliases ?? []) command.alias(alias)
  for (const [name, summary] of spec.arguments ?? []) command.argument(name, summary)
  for (const [flags, summary, fallback, repeat] of spec.options ?? []) {
    const option = new Option(flags, summary)
    if (fallback !== undefined) option.default(fallback)
    if (repeat) option.argParser((value, earlier: string[] | undefined) => [...(earlier ?? []), value])
    command.addOption(option)
  }
  command.option('--home <folder>', 'folder of this Hangar (default: HANGAR_HOME or ~/.hangar)')
  if (spec.json !== false) command.option('--json', 'print JSON for programs')
  if (spec.passThrough) command.passThroughOptions().allowUnknownOption()
  command.action(async (...given: unknown[]) => {
    const options = given.at(-2) as Record<string, unknown>
    const args = given.slice(0, -2) as (string | string[] | undefined)[]
    const { run } = await spec.load()
    await run({ args, options, context: createContext(options) })
  })
}

const groupSummaries: Record<string, string> = {
  env: 'env files: read, set, run with, guard',
  ci: 'workflows for GitHub',
  secrets: 'secrets of a stack: list, push, generate, rotate',
  silo: 'isolated Supabase-compatible environments',
  scale: 'how many machines apps have',
  approvals: 'calls of agents that need to be allowed',
  audit: 'who asked the desk for what',
  agent: 'agents: programs with an identity of their own',
  apps: 'apps on this machine',
  machine: 'machines: single running instances',
  fly: "Fly's own clients against this Hangar",
}
