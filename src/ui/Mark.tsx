/** The sign of a workspace: the first letter of its name. Decoration only: the name stands beside it. */
export const Mark = ({ name }: { name: string }) => (
  <span class="mark" aria-hidden="true">
    {[...name][0]?.toUpperCase() ?? 'P'}
  </span>
)
