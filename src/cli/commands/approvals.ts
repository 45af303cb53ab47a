import { HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'
import { table } from '../output/table.ts'
import { ago } from '../output/time.ts'

export const list = {
  async run({ context }: CommandCall): Promise<void> {
    const approvals = await (await context.client()).call('approvalList', {})
    context.print(approvals, () =>
      table(
        ['APPROVAL', 'STATE', 'OPERATION', 'SILO', 'ASKED BY', 'ROLE', 'ASKED', 'WITH'],
        approvals.map(approval => [
          approval.id,
          approval.state === 'pending' ? style.yellow('pending') : style.green(approval.state),
          approval.operation,
          approval.silo_id ?? '-',
          approval.caller,
          approval.role,
          ago(approval.asked_at),
          JSON.stringify(approval.input),
        ]),
        'No agent waits for an approval.',
      ),
    )
  },
}

export const approve = {
  async run({ args, context }: CommandCall): Promise<void> {
    const approval = await (await context.client()).call('approvalGive', { approval: String(args[0]) })
    context.print(
      approval,
      () =>
        `${approval.caller} may call ${approval.operation} on ${approval.silo_id ?? 'this machine'} once, until ${approval.expires_at}`,
    )
  },
}

export const refuse = {
  async run({ args, context }: CommandCall): Promise<void> {
    const approval = await (await context.client()).call('approvalRefuse', { approval: String(args[0]) })
    context.print(approval, () => `${approval.operation} of ${approval.caller} is refused`)
  },
}

export const rules = {
  async run({ context }: CommandCall): Promise<void> {
    const found = await (await context.client()).call('approvalRules', {})
    context.print(found, () =>
      table(
        ['OPERATION', 'AN AGENT NEEDS AN APPROVAL'],
        found.map(({ operation, required }) => [operation, required ? style.yellow('yes') : 'no']),
        '',
      ),
    )
  },
}

export const require = {
  async run({ args, context }: CommandCall): Promise<void> {
    const answer = String(args[1])
    if (answer !== 'yes' && answer !== 'no')
      throw new HangarError(`Say yes or no, not "${answer}"`, { code: 'HGR_CLI_YES_NO', status: 400 })
    const rule = await (await context.client()).call('approvalRequire', {
      operation: String(args[0]),
      required: answer === 'yes',
    })
    context.print(rule, () => `${rule.operation} needs ${rule.required ? 'an' : 'no'} approval`)
  },
}
