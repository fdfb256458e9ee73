import { describe, expect, test } from 'vitest'
import { podsOf } from '../../src/resolve/pods.ts'
import { resolvedStack } from './stack.ts'

describe('pods (S77)', () => {
  test('the member of that name owns the pod, and sets what holds for all', async () => {
    const stack = await resolvedStack(`
services:
  edge: { image: a:1, pod: course }
  course: { image: a:1, pod: course, replicas: 3, user: 1000 }
  alone: { image: a:1 }
`)
    const pods = [...podsOf(stack).values()].map(
      (pod) => `${pod.name}: ${pod.members.map((member) => member.name).join(', ')}`,
    )
    expect(pods).toEqual(['course: course, edge'])
    expect(stack.services.get('edge')).toMatchObject({ replicas: 3, user: '1000' })
  })

  test('else the first', async () => {
    const stack = await resolvedStack('services: { a: { image: a:1, pod: p }, b: { image: a:1, pod: p } }')
    expect(podsOf(stack).get('p')?.owner.name).toBe('a')
  })
})
