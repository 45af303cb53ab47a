/**
 * Sizes as flyctl reads them. A bare number counts the unit of the key (MB of memory, GB of a volume); with a suffix,
 * memory is binary (`1gb` = 1024 MB) and volumes are decimal. Undefined when it is no size.
 */
export function memoryMegabytes(text: string): number | undefined {
  return parse(text, 1024, 1024 ** 2)
}

export function volumeGigabytes(text: string): number | undefined {
  return parse(text, 1000, 1000 ** 3)
}

function parse(text: string, base: number, unitBytes: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?$/i.exec(text.trim())
  if (!match) return undefined
  const power = ['', 'k', 'm', 'g', 't', 'p'].indexOf((match[2] ?? '').toLowerCase())
  return Math.floor((Number(match[1]) * base ** power) / unitBytes)
}
