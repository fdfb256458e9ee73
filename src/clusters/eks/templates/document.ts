import type { Yaml } from '../../../drivers/yaml-text.ts'

/**
 * A CloudFormation template, with functions in their long form, so that it is the same thing in JSON and in YAML. Types and no
 * interfaces: only those count as maps of what YAML can say.
 */
export type Template = {
  readonly AWSTemplateFormatVersion: '2010-09-09'
  readonly Description: string
  readonly Parameters?: Readonly<Record<string, Parameter>>
  readonly Conditions?: Readonly<Record<string, Yaml>>
  readonly Resources: Readonly<Record<string, TemplateResource>>
  readonly Outputs: Readonly<Record<string, Output>>
}

export type Parameter = {
  readonly Type: 'String' | 'AWS::SSM::Parameter::Value<String>'
  readonly Description: string
  readonly Default: string
}

export type TemplateResource = {
  readonly Type: `AWS::${string}::${string}`
  readonly Condition?: string
  readonly DependsOn?: readonly string[]
  readonly DeletionPolicy?: 'Delete' | 'Retain'
  readonly UpdateReplacePolicy?: 'Delete' | 'Retain'
  readonly Properties?: { readonly [key: string]: Yaml | undefined }
}

export type Output = {
  readonly Value: Yaml
  readonly Export?: { readonly Name: string }
}

export function template(
  description: string,
  rest: Omit<Template, 'AWSTemplateFormatVersion' | 'Description'>,
): Template {
  return { AWSTemplateFormatVersion: '2010-09-09', Description: description, ...rest }
}

export function ref(name: string): Yaml {
  return { Ref: name }
}

export function attribute(resource: string, name: string): Yaml {
  return { 'Fn::GetAtt': [resource, name] }
}

/** `${AWS::Partition}` and its like filled in. */
export function sub(text: string): Yaml {
  return { 'Fn::Sub': text }
}

/** A policy of AWS's own, by its path: `AmazonEKSClusterPolicy`. */
export function managedPolicy(path: string): Yaml {
  return sub(`arn:\${AWS::Partition}:iam::aws:policy/${path}`)
}

/** What another stack has under `Outputs` and lets others use. */
export function imported(stack: string, output: string): Yaml {
  return { 'Fn::ImportValue': exportName(stack, output) }
}

/** An output that other stacks use. While they do, CloudFormation neither changes nor deletes it. */
export function exported(stack: string, output: string, value: Yaml): Output {
  return { Value: value, Export: { Name: exportName(stack, output) } }
}

function exportName(stack: string, output: string): string {
  return `${stack}-${output}`
}

/** Lets a service of AWS act as a role. */
export function trust(service: Yaml, actions: readonly string[] = ['sts:AssumeRole']): Yaml {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: [...actions] }],
  }
}
