import { MediaQuery } from 'svelte/reactivity'

const narrow = new MediaQuery('max-width: 56rem')

/** How much room there is. */
export const media = {
  get narrow(): boolean {
    return narrow.current
  },
}
