// The thread that `paced` sends from (its data: PacerData in lanes.ts): it sleeps until a request is due and writes it to the connection that was free for
// longest. Nothing else is done here, so that requests leave one by one, as evenly as the system wakes a sleeper. No TypeScript: loaders do not reach threads.
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

const { lanes, sockets, perSecond, seconds, requests } = workerData
const { counts, ring, due, sent: sentAt } = lanes
const never = new Int32Array(new SharedArrayBuffer(4))
const now = () => Number(process.hrtime.bigint()) / 1e6
const bytes = requests.map(request => Buffer.from(request))
const began = now()
const count = Math.floor(perSecond * seconds)

for (let sent = 0; sent < count; sent++) {
  const at = began + (sent / perSecond) * 1000
  const early = at - now()
  if (early > 0) Atomics.wait(never, 0, 0, early)
  for (let put = Atomics.load(counts, 0); put === sent; put = Atomics.load(counts, 0))
    Atomics.wait(counts, 0, put)
  const lane = Atomics.load(ring, sent % ring.length)
  due[lane] = at
  sentAt[lane] = now()
  writeSync(sockets[lane], bytes[sent % bytes.length])
}
parentPort.postMessage('sent')
