/** Under which the value before a rotation is kept until nobody needs it. */
export function previousName(name: string): string {
  return `${name}_PREVIOUS`
}
