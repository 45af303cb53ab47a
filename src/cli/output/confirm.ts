import { HangarError } from '#kernel'

/**
 * Goes on only when the name is typed: what is asked for cannot be undone, or not for long. `what`: "Destroying acme-erp"; `because`: what it does.
 * Throws HGR_CLI_CONFIRM where nobody can type, HGR_CLI_CANCELLED when another name is typed, both with status 400.
 */
export async function confirmByName(name: string, what: string, because: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new HangarError(`${what} must be confirmed; ${because}`, {
      code: 'HGR_CLI_CONFIRM',
      status: 400,
      hint: 'Add --yes.',
    })
  }
  const { text, isCancel } = await import('@clack/prompts')
  const typed = await text({ message: `${what}: ${because}. Type its name to go on:` })
  if (isCancel(typed) || typed !== name)
    throw new HangarError('Nothing was done', { code: 'HGR_CLI_CANCELLED', status: 400 })
}
