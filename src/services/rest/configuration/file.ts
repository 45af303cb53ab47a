import { readFileSync } from 'node:fs'
import { HangarError, messageOf } from '#kernel'

type Env = Readonly<Record<string, string | undefined>>

/** Names the file that goes with the variables. `hangar service rest <file>` sets it; the image takes the file as its only argument. */
export const fileVariable = 'HANGAR_REST_CONFIG'

/** The variables with what a configuration file says besides; a variable goes before the file. Throws a user error that names the file and the line. */
export function withFile(env: Env): Env {
  const path = env[fileVariable]
  if (!path) return env
  const read = parseFile(textOf(path), path, env)
  return { ...Object.fromEntries([...read].map(([name, text]) => [variableOf(name), text])), ...env }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw refuse(`The configuration file cannot be read: ${messageOf(error)}`)
  }
}

/** `db-max-rows` is PGRST_DB_MAX_ROWS; names after `app.settings.` stay as they are. */
function variableOf(name: string): string {
  const own = /^app\.settings\.(.*)$/.exec(name)?.[1]
  return own === undefined ? `PGRST_${name.replaceAll('-', '_').toUpperCase()}` : `PGRST_APP_SETTINGS_${own}`
}

const pair =
  /^([A-Za-z][\w.-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?|on|off|true|false))\s*(?:#.*)?$/

/** Lines of `name = value`: a text in quotes, a number or a truth value; `#` begins a remark. `$(NAME)` in a text stands for that variable, `$$` for one dollar sign. */
export function parseFile(text: string, path: string, env: Env): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim()
    if (content === '' || content.startsWith('#')) continue
    const complain = (why: string) => refuse(`${path}, line ${index + 1}: ${why}`)
    const [, name = '', quoted, plain] = pair.exec(content) ?? []
    if (name === '') throw complain('should be: name = "text", or a number, true or false')
    found.set(name, quoted === undefined ? (plain ?? '') : filled(unescaped(quoted, complain), env, complain))
  }
  return found
}

type Complain = (why: string) => HangarError

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', '"': '"', '\\': '\\' }

function unescaped(text: string, complain: Complain): string {
  return text.replace(/\\(u[0-9A-Fa-f]{4}|.)/gu, (_all, letter: string) => {
    if (letter.length === 5) return String.fromCharCode(Number.parseInt(letter.slice(1), 16))
    const found = escapes[letter]
    if (found === undefined) throw complain(`\\${letter} has no meaning in a text`)
    return found
  })
}

function filled(text: string, env: Env, complain: Complain): string {
  return text.replace(/\$(\$|\(([^)]*)\))?/g, (_all, form: string | undefined, name: string | undefined) => {
    if (form === '$') return '$'
    if (name === undefined) throw complain('write $$ for a dollar sign')
    const found = env[name]
    if (found === undefined) throw complain(`the variable ${name} is not set`)
    return found
  })
}

function refuse(message: string): HangarError {
  return new HangarError(message, { code: 'HGR_REST_SETTING', status: 422 })
}
