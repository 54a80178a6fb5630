/** Whether somebody is here, as a mark and in words. */
export const PresenceDot = ({ online }: { online: boolean }) => (
  <span class={online ? 'dot' : 'dot off'}>
    <span class="hidden-words">{online ? 'online' : 'offline'}</span>
  </span>
)
