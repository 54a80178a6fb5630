import type { Examination, Finding } from '../../../lib/protocol/admin.ts'
import { ChevronDown, CircleAlert, CircleCheck, TriangleAlert } from '../../ui/icons.tsx'

const icons = { problem: CircleAlert, warning: TriangleAlert, ok: CircleCheck }
const words = { problem: 'Problem', warning: 'Warning', ok: 'Well' }

const FindingRow = ({ finding }: { finding: Finding }) => {
  const Icon = icons[finding.level]
  return (
    <li class={`finding ${finding.level}`}>
      <Icon size={18} aria-hidden="true" />
      <div class="finding-text">
        <b>
          <span class="hidden-words">{words[finding.level]}: </span>
          {finding.what}
        </b>
        {finding.why && <p>{finding.why}</p>}
        {finding.fix && (
          <p>
            <span class="finding-do">What to do</span> {finding.fix}
          </p>
        )}
      </div>
    </li>
  )
}

const count = (number: number, one: string, many: string): string =>
  number === 1 ? `1 ${one}` : `${number} ${many}`

const summary = (problems: number, warnings: number): string => {
  if (problems === 0 && warnings === 0) return 'All is well.'
  const parts = [
    ...(problems > 0 ? [count(problems, 'problem', 'problems')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning', 'warnings')] : []),
  ]
  return `${parts.join(' and ')}.`
}

/** How a check ended, in a line. It stays where it is, so that a screen reader hears it come. */
export const FindingsSum = ({ examination }: { examination: Examination | undefined }) => {
  const of = (level: Finding['level']) =>
    examination?.findings.filter((each) => each.level === level).length ?? 0
  const isWell = of('problem') + of('warning') === 0
  return (
    <p class="findings-sum" role="status">
      {examination && isWell && <CircleCheck class="good" size={18} aria-hidden="true" />}
      {examination && summary(of('problem'), of('warning'))}
    </p>
  )
}

/** What a check found: what is wrong with how to mend it, and what is well on demand. */
export const Findings = ({ examination }: { examination: Examination }) => {
  const { findings } = examination
  const of = (level: Finding['level']) => findings.filter((each) => each.level === level)
  const wrong = [...of('problem'), ...of('warning')]
  const well = of('ok')
  return (
    <>
      {wrong.length > 0 && (
        <ul class="findings">
          {wrong.map((finding, at) => (
            <FindingRow key={`${finding.code} ${at}`} finding={finding} />
          ))}
        </ul>
      )}
      {well.length > 0 && (
        <details class="findings-well">
          <summary>
            {count(well.length, 'thing is well', 'things are well')}
            <ChevronDown class="findings-chevron" size={16} aria-hidden="true" />
          </summary>
          <ul class="findings">
            {well.map((finding, at) => (
              <FindingRow key={`${finding.code} ${at}`} finding={finding} />
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
