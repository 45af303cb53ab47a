import type { InputOf, MachineDetail, MachineSummary } from '#contract'
import { findMachine, type MachineOfApp } from './find.ts'
import type { DeskOptions } from './ports.ts'
import { scaleApp } from './scale.ts'

const waitSeconds = 60

/** Operations on machines. Those that change one resolve when the change is done, not when it is accepted. */
export function machineOperations(options: DeskOptions) {
  const { machines, org } = options
  const find = (name: string) => findMachine(machines, org, name)

  async function settle(machine: MachineOfApp, ...states: string[]): Promise<MachineSummary> {
    await machines.waitMachine(machine.app_name, machine.id, { states, timeout: waitSeconds })
    return summary({
      ...(await machines.getMachine(machine.app_name, machine.id)),
      app_name: machine.app_name,
    })
  }

  return {
    async machineList({ app }: { app?: string | undefined }) {
      const all =
        app === undefined
          ? await machines.listOrgMachines(org)
          : (await machines.listMachines(app)).map(machine => ({ ...machine, app_name: app }))
      return all.map(summary)
    },

    async appScale(input: InputOf<'appScale'>) {
      return (await scaleApp(options, input)).map(machine => summary({ ...machine, app_name: input.app }))
    },

    async machineStatus({ machine: name }: { machine: string }): Promise<MachineDetail> {
      const machine = await find(name)
      const stats = await options.stats(machine.app_name, machine.id)
      const events = await machines.listEvents(machine.app_name, machine.id, 10)
      return {
        ...summary(machine),
        cpu_percent: stats ? round(stats.cpuPercent) : null,
        memory_mb: stats ? round(stats.memoryBytes / 1024 / 1024) : null,
        uptime_seconds: stats ? Math.floor(stats.uptimeSeconds) : null,
        estimated: stats?.estimated ?? false,
        ports: options.portsOf(machine.app_name, machine.id),
        events: events.map(event => ({
          type: event.type,
          status: event.status,
          source: event.source,
          at: new Date(event.timestamp).toISOString(),
          detail: typeof event.request?.['error'] === 'string' ? event.request['error'] : '',
        })),
      }
    },

    async machineStart({ machine: name }: { machine: string }) {
      const machine = await find(name)
      await machines.startMachine(machine.app_name, machine.id)
      return settle(machine, 'started')
    },
    async machineStop({ machine: name }: { machine: string }) {
      const machine = await find(name)
      await machines.stopMachine(machine.app_name, machine.id)
      return settle(machine, 'stopped')
    },
    async machineSuspend({ machine: name }: { machine: string }) {
      const machine = await find(name)
      await machines.suspendMachine(machine.app_name, machine.id)
      return settle(machine, 'suspended')
    },
    async machineRestart({ machine: name }: { machine: string }) {
      const machine = await find(name)
      await machines.restartMachine(machine.app_name, machine.id)
      return settle(machine, 'started')
    },
    async machineExec(input: {
      machine: string
      command: string[]
      timeout_seconds?: number | undefined
      reveal?: boolean | undefined
    }) {
      const machine = await find(input.machine)
      return machines.execMachine(machine.app_name, machine.id, {
        command: input.command,
        ...(input.reveal ? { reveal: true } : {}),
        ...(input.timeout_seconds === undefined ? {} : { timeoutMs: input.timeout_seconds * 1000 }),
      })
    },
  }
}

function summary(machine: MachineOfApp): MachineSummary {
  return {
    id: machine.id,
    app: machine.app_name,
    name: machine.name,
    state: machine.state,
    region: machine.region,
    image: machine.config.image ?? '',
    cordoned: machine.cordoned,
    checks: machine.checks.map(({ name, status, output }) => ({ name, status, output })),
    created_at: machine.created_at,
    updated_at: machine.updated_at,
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
