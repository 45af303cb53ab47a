import { readFile, writeFile } from 'node:fs/promises'

/** A page that a run writes by itself: what was done and what came back, with whatever differs from run to run replaced. */
export interface Transcript {
  section(title: string, words: string): void
  command(line: string, output: string): void
  call(what: string, answer: unknown): void
  text(): string
  /** Writes the page when `HANGAR_WRITE_DOCS` is set. Returns the sections that the page in the repository lacks. */
  keep(path: URL): Promise<string[]>
}

export function createTranscript(
  title: string,
  introduction: string,
  hide: (text: string) => string,
): Transcript {
  const parts = [`# ${title}`, introduction]
  const titles: string[] = []
  const block = (language: string, text: string) => `\`\`\`${language}\n${hide(text).trim()}\n\`\`\``
  const text = () => `${parts.join('\n\n')}\n`
  return {
    section(heading, words) {
      titles.push(`## ${heading}`)
      parts.push(`## ${heading}`, words)
    },
    command: (line, output) => void parts.push(block('console', `$ ${line}\n${output}`)),
    call: (what, answer) =>
      void parts.push(`\`${hide(what)}\` answers`, block('json', JSON.stringify(answer, null, 2))),
    text,
    async keep(path) {
      if (process.env['HANGAR_WRITE_DOCS']) await writeFile(path, text())
      const kept = await readFile(path, 'utf8').catch(() => '')
      return titles.filter(heading => !kept.includes(heading))
    },
  }
}
