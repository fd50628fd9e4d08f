#include "tonearm/source/http_source.h"

#include "source/http_client.h"
#include "source/http_resource.h"
#include "source/origin_url.h"

namespace tonearm::source {

HttpSource::HttpSource(io::Executor executor, HttpOptions options)
    : client_(std::make_unique<HttpClient>(executor, std::move(options))) {}

HttpSource::~HttpSource() = default;

Result<std::unique_ptr<Resource>> HttpSource::open(const Locator& locator) {
  const bool plain = locator.kind == Locator::Kind::plain;
  if (!plain && locator.kind != Locator::Kind::url) {
    return Error{ErrorKind::bad_locator, "this kind of source is not built yet", {}};
  }
  auto url = plain ? url_of_plain_name(client_->options().base_url, locator.value)
                   : parse_origin_url(locator.value);
  if (!url) return url.error();
  return std::unique_ptr<Resource>(std::make_unique<HttpResource>(*client_, std::move(*url)));
}

}  // namespace tonearm::source
