import { HangarError } from '#kernel'
import { commandTable } from '../command-table.ts'
import type { CommandCall } from '../context.ts'

/** A script that completes the words of all commands; `source <(hangar completion bash)`. */
export async function run({ args }: CommandCall): Promise<void> {
  const script = scripts[String(args[0])]
  if (!script)
    throw new HangarError(`There is no completion for ${args[0]}`, {
      code: 'HGR_CLI_SHELL',
      status: 400,
      hint: `Shells: ${Object.keys(scripts).join(', ')}.`,
    })
  process.stdout.write(script(words()))
}

/** First words, and second words by first. */
function words(): Map<string, string[]> {
  const tree = new Map<string, string[]>()
  for (const { name } of commandTable) {
    const [first = '', second] = name.split(' ')
    tree.set(first, [...(tree.get(first) ?? []), ...(second ? [second] : [])])
  }
  return tree
}

const scripts: Record<string, (tree: Map<string, string[]>) => string> = {
  bash: tree => `_hangar() {
  local words
  case "\${COMP_WORDS[1]}" in
${branches(tree, (first, rest) => `    ${first}) words="${rest}" ;;`)}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${[...tree.keys()].join(' ')}"
  [ "$COMP_CWORD" -gt 2 ] && words=""
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _hangar hangar
`,
  zsh: tree => `#compdef hangar
_hangar() {
  if (( CURRENT == 2 )); then compadd ${[...tree.keys()].join(' ')}; return; fi
  (( CURRENT == 3 )) || return
  case "$words[2]" in
${branches(tree, (first, rest) => `    ${first}) compadd ${rest} ;;`)}
  esac
}
compdef _hangar hangar
`,
  fish: tree =>
    [
      `complete -c hangar -f -n __fish_use_subcommand -a "${[...tree.keys()].join(' ')}"`,
      ...[...tree]
        .filter(([, rest]) => rest.length > 0)
        .map(
          ([first, rest]) =>
            `complete -c hangar -f -n "__fish_seen_subcommand_from ${first}" -a "${rest.join(' ')}"`,
        ),
      '',
    ].join('\n'),
}

function branches(tree: Map<string, string[]>, line: (first: string, rest: string) => string): string {
  return [...tree]
    .filter(([, rest]) => rest.length > 0)
    .map(([first, rest]) => line(first, rest.join(' ')))
    .join('\n')
}
