import { relative } from 'node:path'
import { HangarError } from '#kernel'
import { generateFor, generateValue, setInEnvFile } from '#secrets'
import type { CommandCall } from '../context.ts'
import { targetName } from '../target/open-target.ts'
import { stackFiles } from '../target/stack-call.ts'
import { fileForNewValue } from './env-files.ts'

const encodings = ['hex', 'base64', 'base64url', 'uuid'] as const

/** Prints a new random value on one line; for a declared name of the declared form. With --write it goes into the env file and is not shown. */
export async function run(call: CommandCall): Promise<void> {
  const { args, options, context } = call
  const shape = { bytes: bytesOf(options['bytes']), encoding: encodingOf(options['encoding']) }
  if (args[0] === undefined) {
    const value = generateValue(shape)
    context.print({ value }, () => value)
    return
  }
  const name = String(args[0])
  const files = await stackFiles(call, targetName(call) ?? 'fly')
  const declaration = files.declarations.find(one => one.name === name)
  if (!declaration)
    throw new HangarError(`${name} is not declared in ${files.stack.file}`, {
      code: 'HGR_CLI_SECRET',
      status: 404,
    })
  const value = generateFor(declaration, shape)
  if (options['write'] !== true) {
    context.print({ name, value }, () => value)
    return
  }
  const sources = [...new Set(Object.values(declaration.from))]
  const known = sources.filter(source => files.variables.get(source)?.value)
  if (known.length > 0 && options['force'] !== true)
    throw new HangarError(`${known[0]} has a value already`, {
      code: 'HGR_CLI_SECRET',
      status: 409,
      hint: `Replace it with --force, or keep both for a while: hangar secrets rotate ${name}`,
    })
  const path = fileForNewValue({ ...call, options: { ...options, file: options['into'] } })
  const result = await setInEnvFile({
    path,
    values: Object.fromEntries(sources.map(source => [source, value])),
    environment: process.env,
  })
  context.print(
    { name, file: path, encrypted: result.encrypted, new_key_in: result.newKeyIn ?? null },
    () => {
      const done = `${sources.join(', ')} is set in ${relative(process.cwd(), path)}${result.encrypted ? ', encrypted' : ''}`
      return result.newKeyIn
        ? `${done}; its new private key is in ${relative(process.cwd(), result.newKeyIn)}`
        : done
    },
  )
}

function bytesOf(given: unknown): number | undefined {
  return given === undefined ? undefined : Number(given)
}

function encodingOf(given: unknown): (typeof encodings)[number] | undefined {
  if (given === undefined) return undefined
  const found = encodings.find(encoding => encoding === given)
  if (found) return found
  throw new HangarError(`There is no encoding "${String(given)}"`, {
    code: 'HGR_CLI_ENCODING',
    status: 400,
    hint: `Encodings: ${encodings.join(', ')}.`,
  })
}
