#!/bin/sh
# Turns files into C, on stdout:
#   embed.sh migrations sql/0001_x.sql … | templates a.json … | components openapi/components.json
set -eu
what=$1; shift
literal() { sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$1"; }
case $what in
migrations)
    echo '#include "scfd/db/migrate.h"'
    echo 'const struct scf_migration scf_migrations[] = {'
    for f in "$@"; do
        base=$(basename "$f" .sql); number=$(echo "${base%%_*}" | sed 's/^0*//')
        printf '{%s, "%s",\n' "$number" "${base#*_}"; literal "$f"; echo '},'
    done
    echo '};'
    echo "const int scf_migration_count = $#;" ;;
templates)
    echo '#include "scfd/template/shipped.h"'
    echo 'const char *const scf_shipped_templates[] = {'
    for f in "$@"; do literal "$f"; echo ','; done
    echo 'NULL};' ;;
components)
    echo '#include "scfd/app/components.h"'
    echo 'const char scf_openapi_components[] ='
    literal "$1"; echo ';' ;;
*) echo "embed.sh: unknown kind $what" >&2; exit 2 ;;
esac
