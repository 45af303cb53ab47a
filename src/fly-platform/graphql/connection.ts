/** A list as Fly's schema wraps it; everything is on the first page. */
export function connection<T>(nodes: readonly T[]) {
  return {
    nodes,
    totalCount: nodes.length,
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: '' },
  }
}
