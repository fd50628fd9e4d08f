#include "app/process.h"

namespace tonearm::app {

catalog::CatalogOptions catalog_options(const Config& config, const Process& process) {
  catalog::CatalogOptions options{config.catalog};
  options.stop = process.stopping.get_token();
  options.log_owners = process.log_owners;
  options.read_turns = process.read_turns;
  return options;
}

}  // namespace tonearm::app
