// Entry of the service host: a child of the daemon that runs the built-in services of many silos.
import { runServiceHost } from '#runtime'
import { services } from './services.ts'

runServiceHost(services)
