#pragma once

#include "app/config.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::app {

/// Says on stderr, in one line, what is wrong with a command, and returns its exit status:
/// `status`.
int complain(std::string_view line, int status = 2);

/// Reads the configuration anew, for SIGHUP. Throws ConfigError.
using Reread = std::function<Config()>;

/// Serves until a signal says stop. 0, or 1 when it cannot listen or open the access log.
int run_serve(const Config& config, Reread reread);
/// Prints the effective configuration, and warns of what it names and is not there; 2 when the
/// catalog cannot be read as configured.
int run_check(const Config& config);
/// Asks one song's origin and prints what it says; 2 for a bad id or catalog, 1 when the origin
/// failed.
int run_probe(const Config& config, std::string_view id);

/// What `sign` was asked.
struct SignArguments {
  std::string path;
  std::optional<std::string> expires;  ///< A duration from now; without one access.link_ttl.
  std::optional<std::string> address;  ///< Whom the link is for; without one anybody.
};
/// Prints the path with a signature; 2 without keys, and for what cannot be signed.
int run_sign(const Config& config, const SignArguments& arguments);

}  // namespace tonearm::app
