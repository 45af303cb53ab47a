// Entry of the service host: a child of the daemon that runs the built-in services of many silos.
import { tuneHeap } from '#kernel'
import { runServiceHost } from '#runtime'

tuneHeap()
const { services } = await import('./services.ts')
runServiceHost(services)
