/* Bodies of nodes and keys: the field tables, and nodes to and from JSON. */
#ifndef SCFD_PARTY_NODE_SCHEMA_H
#define SCFD_PARTY_NODE_SCHEMA_H

#include "scfd/codec/jsonw.h"
#include "scfd/codec/schema.h"
#include "scfd/party/node.h"

extern const struct scf_schema scf_node_create_schema, scf_node_update_schema,
    scf_key_create_schema;

/* What a node has that says nothing of these: China's time, and every kind of record. */
enum { SCF_NODE_OFFSET_MINUTES = 480, SCF_NODE_RESOURCES = 5, SCF_NODE_ALLOWED_KINDS = 31 };

/* "procurement" …, also the alias "business_system" of "erp". */
bool scf_node_kind_parse(const char *name, enum scf_node_kind *ret) SCF_MUST_CHECK;
/* "active", "suspended", "retired". */
bool scf_node_status_parse(const char *name, enum scf_node_status *ret) SCF_MUST_CHECK;

/* Overwrites the members that a valid body names: name, timezone, lenient_datetime,
 * allowed_resources. Text stays the body's. Pure. */
void scf_node_apply(const cJSON *body, struct scf_node *node);
/* The members of a node, without the enclosing braces. Pure. */
void scf_node_write(struct scf_jsonw *w, const struct scf_node *node);

#endif
