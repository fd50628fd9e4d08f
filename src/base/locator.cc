#include "tonearm/base/locator.h"

#include "tonearm/base/ascii.h"

namespace tonearm {
Result<Locator> parse_locator(std::string_view file,
                              const std::function<bool(std::string_view)>& is_resolver) {
  if (file.empty()) return Error{ErrorKind::bad_locator, "the catalog's file value is empty", {}};
  const auto colon = file.find(':');
  const bool has_scheme = colon != std::string_view::npos && colon > 0 &&
                          consists_of(resolver_name_chars, file.substr(0, colon));
  if (!has_scheme) return Locator{Locator::Kind::plain, std::string(file), {}};

  const std::string scheme = to_lower(file.substr(0, colon));
  const std::string_view rest = file.substr(colon + 1);
  const bool has_authority = rest.substr(0, 2) == "//";
  if (scheme == "http" || scheme == "https") {
    if (has_authority) return Locator{Locator::Kind::url, std::string(file), {}};
  }
  if (scheme == "s3" && has_authority) {
    return Locator{Locator::Kind::s3, std::string(rest.substr(2)), {}};
  }
  if (scheme == "file") return Locator{Locator::Kind::file, std::string(rest), {}};
  if (is_resolver(scheme)) return Locator{Locator::Kind::resolver, std::string(rest), scheme};
  if (has_authority) {
    return Error{ErrorKind::bad_locator,
                 "the catalog's file value has the unknown scheme \"" + scheme +
                     "://\"; known are http, https, s3, file: and configured resolvers",
                 {}};
  }
  return Locator{Locator::Kind::plain, std::string(file), {}};
}

}  // namespace tonearm
