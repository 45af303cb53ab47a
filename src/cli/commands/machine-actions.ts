import type { CommandCall } from '../context.ts'
import { state } from '../output/style.ts'

function action(name: 'machineStart' | 'machineStop' | 'machineSuspend' | 'machineRestart') {
  return {
    async run({ args, context }: CommandCall): Promise<void> {
      const machine = await (await context.client()).call(name, { machine: String(args[0]) })
      context.print(machine, () => `${machine.id} of ${machine.app} is ${state(machine.state)}`)
    },
  }
}

export const start = action('machineStart')
export const stop = action('machineStop')
export const suspend = action('machineSuspend')
export const restart = action('machineRestart')
