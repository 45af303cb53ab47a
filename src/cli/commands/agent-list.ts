import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'
import { table } from '../output/table.ts'
import { ago } from '../output/time.ts'

export async function run({ context }: CommandCall): Promise<void> {
  const agents = await (await context.client()).call('agentList', {})
  context.print(agents, () =>
    table(
      ['AGENT', 'ID', 'ROLE', 'SILOS', 'PROVES ITSELF BY', 'CREATED', 'STATE'],
      agents.map(agent => [
        agent.name,
        agent.id,
        agent.role,
        agent.silos.join(', '),
        agent.proofs.join(', ') || '-',
        ago(agent.created_at),
        agent.revoked_at === null ? style.green('active') : style.dim('revoked'),
      ]),
      'No agents. Register one: hangar agent register <name> --role dev-worker --silo <silo>',
    ),
  )
}
