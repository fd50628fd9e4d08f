#include "tonearm/source/check_locator.h"

#include "source/origin_url.h"
#include "source/s3_address.h"

namespace tonearm::source {
namespace {

Error bad_locator(std::string why) { return Error{ErrorKind::bad_locator, std::move(why), {}}; }

}  // namespace

Result<void> check_locator(const Locator& locator) {
  switch (locator.kind) {
    case Locator::Kind::url: {
      const auto url = parse_loose_origin_url(locator.value);
      if (!url) return bad_locator(url.error().detail + "; give http://host/path");
      break;
    }
    case Locator::Kind::s3: {
      const auto object = parse_s3_object(locator.value);
      if (!object) return object.error();
      break;
    }
    case Locator::Kind::resolver:
      if (locator.value.empty()) {
        return bad_locator("nothing is left to resolve; give " + locator.resolver + ":something");
      }
      break;
    case Locator::Kind::plain:
    case Locator::Kind::file:
      break;
  }
  return {};
}

}  // namespace tonearm::source
