// The edge alone, with every feature on, in a process of its own. Arguments: port of the upstream. Prints its port.
import { Edge, type RouteApp } from '#edge'
import { serviceNurseryBytes, silentLog, systemClock, tuneHeap } from '#kernel'

// As the daemon has it.
tuneHeap({ clock: systemClock, nurseryBytes: serviceNurseryBytes })

const app: RouteApp = {
  name: 'bench',
  network: 'default',
  public: true,
  services: [
    {
      internalPort: 8080,
      wire: 'http',
      ports: [{ port: 80, handlers: ['http'], forceHttps: false }],
      autostart: true,
      autostop: 'stop',
      minMachinesRunning: 0,
      concurrency: { type: 'requests', softLimit: 1000, hardLimit: 2000 },
      door: undefined,
      machines: [
        {
          id: 'm1',
          region: 'iad',
          state: 'started',
          cordoned: false,
          healthy: true,
          address: { host: '127.0.0.1', port: Number(process.argv[2]) },
        },
      ],
    },
  ],
}
const open = new Map<string, number>()
const edge = new Edge({
  routes: { get: name => (name === 'bench' ? app : undefined), list: () => [app], onChange: () => () => {} },
  waker: { wake: async () => {}, rest: async () => {} },
  activity: {
    began: name => void open.set(name, (open.get(name) ?? 0) + 1),
    ended: name => void open.set(name, (open.get(name) ?? 1) - 1),
  },
  clock: systemClock,
  log: silentLog,
  region: 'iad',
  port: 0,
  autostopIdleMs: 3600_000,
})
await edge.start()
console.log(edge.httpPort)
