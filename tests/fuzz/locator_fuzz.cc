// The input is the catalog's file value.

#include "tonearm/base/locator.h"

#include "property.h"

#include <string>

using tonearm::ErrorKind;
using tonearm::Locator;
using tonearm::fuzz::must;

namespace {

bool is_resolver(std::string_view name) { return name == "yt"; }

/// What a catalog would have to hold for a locator to be read from it.
std::string write(const Locator& locator) {
  switch (locator.kind) {
    case Locator::Kind::plain:
    case Locator::Kind::url:
      return locator.value;
    case Locator::Kind::s3:
      return "s3://" + locator.value;
    case Locator::Kind::file:
      return "file:" + locator.value;
    case Locator::Kind::resolver:
      return locator.resolver + ':' + locator.value;
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = tonearm::fuzz::text_of(data, size);
  const auto locator = tonearm::parse_locator(file, is_resolver);
  if (!locator) {
    must(locator.error().kind == ErrorKind::bad_locator, "what cannot be read is a bad locator");
    must(file.empty() || file.find("://") != std::string_view::npos,
         "only an empty value and an unknown scheme are refused");
    return 0;
  }
  must(file.ends_with(locator->value), "a value is what stands behind the scheme, unchanged");
  must((locator->kind == Locator::Kind::resolver) == !locator->resolver.empty(),
       "a resolver and nothing else has a name");
  must(locator->resolver.empty() || is_resolver(locator->resolver), "only what is configured");
  const auto again = tonearm::parse_locator(write(*locator), is_resolver);
  must(again && *again == *locator, "written and read again it is the same");
  return 0;
}
