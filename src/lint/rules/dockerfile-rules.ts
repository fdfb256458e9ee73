import { rule, type Rule } from '../finding.ts'

/** Rules for Dockerfiles, after the best practices of the field (S33). */
export const dockerfileRules = {
  case: rule('DF001', 'instruction-case', 'INFO', 'Instructions are written in capitals.'),
  smallBase: rule('DF002', 'small-base', 'INFO', 'The final image is made from a small official one.'),
  oneBase: rule('DF003', 'one-base', 'INFO', 'The images of one project are made from one base.'),
  baseTag: rule('DF004', 'base-tag', 'WARNING', 'A base image has a tag, and another one than latest.'),
  leftovers: rule(
    'DF005',
    'leftovers',
    'WARNING',
    'A layer leaves out what its package manager only downloaded.',
  ),
  layers: rule('DF006', 'few-layers', 'INFO', 'Commands that follow each other are one layer.'),
  permissions: rule('DF007', 'permission-layer', 'WARNING', 'Owner and mode are set where files are copied.'),
  imageTag: rule('DF008', 'image-tag', 'WARNING', 'What is built has a tag that means one build.'),
  order: rule('DF009', 'cache-order', 'WARNING', 'What changes often is copied after what is installed.'),
  copy: rule('DF010', 'copy-not-add', 'WARNING', 'Files are copied with COPY.'),
  exec: rule(
    'DF011',
    'exec-form',
    'WARNING',
    'ENTRYPOINT and CMD are lists, so that signals reach the program.',
  ),
  shared: rule('DF012', 'shared-dockerfile', 'INFO', 'Equal Dockerfiles are one.'),
  ignore: rule('DF013', 'dockerignore', 'WARNING', 'A context has a .dockerignore.'),
  stages: rule('DF014', 'multi-stage', 'WARNING', 'The tools of the build are not in the final image.'),
  user: rule('DF015', 'root-user', 'WARNING', 'The program does not run as root.'),
  secret: rule('DF016', 'secret-in-image', 'CRITICAL', 'No ARG or ENV carries a secret into the layers.'),
} as const satisfies Record<string, Rule>
