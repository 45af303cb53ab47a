const enabled =
  process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb'

function wrap(open: number, close: number): (text: string) => string {
  return text => (enabled ? `\u001b[${open}m${text}\u001b[${close}m` : text)
}

/** Colours, where a terminal shows them. */
export const style = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  red: wrap(31, 39),
  green: wrap(32, 39),
  yellow: wrap(33, 39),
  cyan: wrap(36, 39),
}

/** A state in the colour of its meaning. */
export function state(text: string): string {
  if (['running', 'started', 'passing', 'ok'].includes(text)) return style.green(text)
  if (['failed', 'error', 'degraded', 'critical', 'missing'].includes(text)) return style.red(text)
  if (['stopped', 'suspended', 'created'].includes(text)) return style.dim(text)
  return style.yellow(text)
}

/** Length as it is seen. */
export function visibleLength(text: string): number {
  return text.replace(/\u001b\[\d+m/g, '').length
}
