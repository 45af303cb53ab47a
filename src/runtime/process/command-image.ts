import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { LaunchSpec } from '#engine'
import { runtimeErrors } from '../errors.ts'
import type { ProcessImage } from './image.ts'

/** Metadata that names the folder in which the command runs; default: the machine's own. */
const directoryKey = 'hangar_directory'

/** Variables of Hangar's own environment that a command needs in order to find programs at all. */
const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR']

/**
 * `hangar/process:*`: a command in a directory. The command is what a machine's config names (init.exec, or entrypoint and cmd). It
 * listens on the port that PORT names: two machines of one app cannot both have the internal port on one host.
 */
export function createCommandImage(hostEnv: Readonly<Record<string, string | undefined>>): ProcessImage {
  return {
    async prepare(spec) {
      const directory = directoryOf(spec)
      if (directory === undefined) await mkdir(ownDirectory(spec), { recursive: true })
      else if (!existsSync(directory)) throw runtimeErrors.noDirectory(directory)
    },
    command(spec) {
      const [file, ...args] = commandOf(spec)
      if (!file) throw runtimeErrors.noCommand(spec.app)
      const base = Object.fromEntries(
        inherited.flatMap(name => (hostEnv[name] === undefined ? [] : [[name, hostEnv[name]]])),
      ) as Record<string, string>
      return {
        file,
        args,
        cwd: directoryOf(spec) ?? ownDirectory(spec),
        env: { ...base, ...spec.env, ...portVariables(spec) },
      }
    },
  }
}

function commandOf({ config }: LaunchSpec): string[] {
  const init = config.init ?? {}
  if (init.exec && init.exec.length > 0) return [...init.exec]
  return [...(init.entrypoint ?? []), ...(init.cmd ?? [])]
}

function directoryOf(spec: LaunchSpec): string | undefined {
  const named = spec.config.metadata?.[directoryKey]
  if (named === undefined) return undefined
  if (!isAbsolute(named)) throw runtimeErrors.noDirectory(named)
  return named
}

function ownDirectory(spec: LaunchSpec): string {
  return join(spec.directory, 'work')
}

/** PORT, unless the machine sets one that is none of its internal ports; and each port by its internal number. */
function portVariables(spec: LaunchSpec): Record<string, string> {
  const entries = Object.entries(spec.ports)
  const [internal, port] = entries.find(([number]) => number === spec.env['PORT']) ?? entries[0] ?? []
  const own = spec.env['PORT'] !== undefined && spec.env['PORT'] !== internal
  return {
    ...Object.fromEntries(entries.map(([number, allocated]) => [`HANGAR_PORT_${number}`, String(allocated)])),
    ...(port === undefined || own ? {} : { PORT: String(port) }),
  }
}
