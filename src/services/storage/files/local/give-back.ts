import { MessageChannel, type MessagePort } from 'node:worker_threads'

let nowhere: MessagePort | undefined

/**
 * Gives the memory of bytes back at once instead of with the next garbage collection: each chunk of a body has 64 KiB outside the heap,
 * and tens of MB of them would pile up. The bytes are gone afterwards. Does nothing for a view of part of a buffer.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (!(buffer instanceof ArrayBuffer) || bytes.byteLength !== buffer.byteLength) return
  nowhere ??= closedPort()
  try {
    // What is transferred to a closed port is freed there and then.
    nowhere.postMessage(null, [buffer])
  } catch {
    // A buffer that may not be transferred is left to the collector.
  }
}

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel()
  port1.unref()
  port1.close()
  port2.close()
  return port1
}
