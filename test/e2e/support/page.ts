import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import type { Visitor } from '../../support/browser.ts'

/** What fades in has its own colours only at the end. */
export const untilStill = ({ page }: Visitor) =>
  page.waitForFunction(() =>
    document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
      .every(({ playState }) => playState !== 'running'),
  )

/** What axe finds that keeps somebody out, as sentences. */
export const barriers = async (visitor: Visitor): Promise<string[]> => {
  await untilStill(visitor)
  const { violations } = await new AxeBuilder({ page: visitor.page }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** Presses Tab until the focus is on what is called `name`. Throws when it never gets there. */
export const tabTo = async (page: Page, name: RegExp, most = 60): Promise<void> => {
  for (let pressed = 0; pressed < most; pressed += 1) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
    })
    if (name.test(focused)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never reached ${name}`)
}

/** Controls that stick out of the window at its sides, or are too small to hit, by name. Hidden ones are left out. */
export const unreachableControls = (page: Page, smallest: number): Promise<string[]> =>
  page.evaluate((least) => {
    const controls = document.querySelectorAll<HTMLElement>(
      'button, a[href], input, select, textarea, summary',
    )
    return [...controls]
      .filter((control) =>
        control.checkVisibility({ visibilityProperty: true, opacityProperty: true }),
      )
      .filter((control) => !control.closest('.hidden-words, .skip, [inert]'))
      .filter((control) => {
        // What is in a label is hit by hitting the label.
        const target = control.closest('label') ?? control
        const { left, right, width, height } = target.getBoundingClientRect()
        const isInText = control.closest('.markdown, p')
        const isSmall = !isInText && (width < least || height < least)
        return width > 0 && (left < -1 || right > innerWidth + 1 || isSmall)
      })
      .map((control) => {
        const { left, right, width, height } = control.getBoundingClientRect()
        const name = control.getAttribute('aria-label') ?? control.textContent ?? control.tagName
        return `${name.trim()}: ${Math.round(left)} to ${Math.round(right)}, ${Math.round(width)} x ${Math.round(height)}`
      })
  }, smallest)

/** How many pixels of what follows the head of the open dialog are hidden beneath it. */
export const coveredByHead = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const head = document.querySelector('dialog[open] .dialog-head')
    const next = head?.nextElementSibling
    if (!head || !next) throw new Error('there is no dialog with anything in it')
    return Math.round(head.getBoundingClientRect().bottom - next.getBoundingClientRect().top)
  })

/** By how many pixels the page is wider than the window. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
