import { errors } from '../errors.ts'

/** An embedding as its column holds it. Throws when it has another dimension than its index, or a number that no 32-bit float can be. */
export function toBytes(numbers: readonly number[], dimension: number, name: string): Buffer {
  return Buffer.from(toFloats(numbers, dimension, name).buffer)
}

export function toFloats(
  numbers: readonly number[],
  dimension: number,
  name: string,
): Float32Array<ArrayBuffer> {
  if (numbers.length !== dimension)
    throw errors.invalidParameter(
      name,
      `Invalid dimension of ${name}: expected ${dimension}, got ${numbers.length}`,
    )
  const floats = Float32Array.from(numbers)
  if (!floats.every(Number.isFinite))
    throw errors.invalidParameter(name, `${name} must hold finite 32-bit numbers`)
  return floats
}

export function fromBytes(bytes: Buffer): Float32Array {
  // A view needs an offset that it can divide by four.
  return new Float32Array(new Uint8Array(bytes).buffer)
}

/** The numbers in their shortest form: 0.1, where the 32-bit float is 0.10000000149011612. */
export function toNumbers(floats: Float32Array): number[] {
  return Array.from(floats, float => {
    for (let digits = 6; digits < 9; digits++) {
      const short = Number(float.toPrecision(digits))
      if (Math.fround(short) === float) return short
    }
    return float
  })
}

/** How far one vector is from another. Cosine: of a vector without a direction, 1. */
export function distanceTo(
  wanted: Float32Array,
  metric: 'cosine' | 'euclidean',
): (other: Float32Array) => number {
  if (metric === 'euclidean') {
    return other => {
      let sum = 0
      for (let i = 0; i < wanted.length; i++) sum += ((wanted[i] as number) - (other[i] as number)) ** 2
      return Math.sqrt(sum)
    }
  }
  const length = Math.hypot(...wanted)
  return other => {
    let dot = 0
    let squares = 0
    for (let i = 0; i < wanted.length; i++) {
      dot += (wanted[i] as number) * (other[i] as number)
      squares += (other[i] as number) ** 2
    }
    const lengths = length * Math.sqrt(squares)
    return lengths === 0 ? 1 : 1 - dot / lengths
  }
}
