import { resolve } from 'node:path'
import { HangarError } from '#kernel'
import { applySecrets, loadEnv, PushLedger, parseEnvText, secretErrors, sendSecrets } from '#secrets'
import type { CommandCall } from '../context.ts'
import { readSecretValue } from '../input/secret-value.ts'
import { openTarget, targetName } from '../target/open-target.ts'
import { recordsFolder } from '../target/stack-call.ts'

/** Sets secrets of one app that no stack declares: NAME asks for the value (or reads standard input), NAME=VALUE has it. */
export const set = {
  async run(call: CommandCall): Promise<void> {
    const values: Record<string, string> = {}
    let inHistory = false
    for (const given of [call.args[0]].flat().map(String)) {
      const at = given.indexOf('=')
      const name = at < 0 ? given : given.slice(0, at)
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw secretErrors.nameInvalid(name)
      inHistory ||= at >= 0
      values[name] = at < 0 ? await readSecretValue(name, fileOf(call)) : given.slice(at + 1)
    }
    if (inHistory)
      process.stderr.write('The values stand in the history of your shell; NAME alone asks for them.\n')
    await send(call, values)
  },
}

/** Sets everything that an env file (-f, may be encrypted) or standard input holds. */
export const importAll = {
  async run(call: CommandCall): Promise<void> {
    const files = [call.options['file'] ?? []].flat().map(file => resolve(String(file)))
    if (files.length === 0) {
      const text = await readSecretValue('the variables', '-')
      return send(call, parseEnvText(text, 'standard input'))
    }
    const { variables } = await loadEnv({ files, winner: 'last', environment: process.env })
    const own = [...variables.values()].filter(({ name }) => !name.startsWith('DOTENV_'))
    await send(call, Object.fromEntries(own.map(({ name, value }) => [name, value])))
  },
}

async function send(call: CommandCall, values: Record<string, string>): Promise<void> {
  const { options, context } = call
  if (options['app'] === undefined)
    throw new HangarError('Of which app? Say it with -a', { code: 'HGR_CLI_APP', status: 400 })
  const app = String(options['app'])
  const names = Object.keys(values)
  if (names.length === 0)
    throw new HangarError('There is nothing to set', { code: 'HGR_CLI_NOTHING', status: 400 })
  const target = await openTarget(call, targetName(call) ?? 'local')
  try {
    const ledger = await PushLedger.open(recordsFolder(call))
    const { version } = await sendSecrets(target.api, ledger, target.key, app, values)
    const machines = options['now'] === true ? await applySecrets(target.api, app, version) : []
    context.print({ app, set: names, version, machines }, () =>
      options['now'] === true
        ? `${app}: ${names.join(', ')} set; ${machines.length} machines took them up`
        : `${app}: ${names.join(', ')} set; staged until the next deploy (--now: at once)`,
    )
  } finally {
    target.api.close()
  }
}

function fileOf({ options }: CommandCall): string | undefined {
  return options['fromFile'] === undefined ? undefined : String(options['fromFile'])
}
