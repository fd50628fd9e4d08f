#include "tonearm/catalog/check_catalog.h"

#include "app/absences.h"
#include "app/catalog_complaint.h"
#include "app/commands.h"
#include "app/load_config.h"

#include <cstdio>

namespace tonearm::app {

int run_check(const Config& config) {
  const auto catalog = catalog::check_catalog({config.catalog});
  if (!catalog) return complain(catalog_complaint(config, catalog.error()));
  for (const std::string& line : absences(config)) complain("warning: " + line);
  std::fputs(print_config(config).c_str(), stdout);
  return 0;
}

}  // namespace tonearm::app
