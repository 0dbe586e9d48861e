/* The templates that ship with the project, as JSON texts; NULL-terminated. Generated from
 * templates/ by the Makefile. */
#ifndef SCFD_TEMPLATE_SHIPPED_H
#define SCFD_TEMPLATE_SHIPPED_H
extern const char *const scf_shipped_templates[];
#endif
