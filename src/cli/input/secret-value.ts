import { readFile } from 'node:fs/promises'
import { codeOf, HangarError } from '#kernel'

/** A value that must not be echoed: from a file, from a prompt on a terminal, otherwise from standard input. One final line end is cut off. */
export async function readSecretValue(name: string, fromFile: string | undefined): Promise<string> {
  if (fromFile !== undefined && fromFile !== '-') return withoutLineEnd(await readGiven(fromFile))
  if (fromFile === undefined && process.stdin.isTTY) return await ask(name)
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  // A script whose input is closed must not empty a secret; who means an empty one sends an empty line.
  if (parts.length === 0)
    throw new HangarError(`Standard input ended without a value of ${name}`, {
      code: 'HGR_CLI_INPUT',
      status: 400,
      hint: 'Pipe the value in, or give it with --from-file; an empty line sets an empty value.',
    })
  const value = withoutLineEnd(Buffer.concat(parts).toString('utf8'))
  for (const part of parts) part.fill(0)
  return value
}

async function ask(name: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const value = await password({ message: `Value of ${name}` })
  if (isCancel(value)) throw new HangarError('Nothing was set', { code: 'HGR_CLI_CANCELLED', status: 400 })
  return value ?? ''
}

async function readGiven(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new HangarError(`The file ${path} cannot be read (${codeOf(error) ?? 'unknown reason'})`, {
      code: 'HGR_CLI_FILE',
      status: 422,
    })
  }
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}
