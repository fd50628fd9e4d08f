#include "tonearm/source/http_source.h"

#include "source/http_client.h"
#include "source/http_resource.h"
#include "source/origin_url.h"

namespace tonearm::source {

HttpSource::HttpSource(io::Executor executor, HttpOptions options)
    : client_(std::make_shared<HttpClient>(executor, std::move(options))) {}

HttpSource::~HttpSource() = default;

Result<OriginUrl> HttpSource::url_of(const Locator& locator) const {
  switch (locator.kind) {
    case Locator::Kind::plain:
      return url_of_plain_name(client_->options().base_url, locator.value);
    case Locator::Kind::url:
      return parse_origin_url(locator.value);
    default:
      break;
  }
  return Error{ErrorKind::bad_locator, "not an HTTP source", {}};
}

Result<std::unique_ptr<Resource>> HttpSource::open(const SourceRequest& request) {
  Result<OriginUrl> url = url_of(request.locator);
  if (!url) return url.error();
  return std::unique_ptr<Resource>(std::make_unique<HttpResource>(client_, std::move(*url)));
}

io::Task<Result<OriginReport>> HttpSource::probe(SourceRequest request) {
  Result<OriginUrl> url = url_of(request.locator);
  if (!url) co_return url.error();
  const RequestHeaders headers = client_->make_headers({});
  Question question;
  question.named = *url;
  question.url = *url;
  question.range = http::ByteRange{0, 2};
  question.headers = &headers;
  question.deadline = io::Clock::now() + client_->options().first_byte_timeout;
  OriginUse use;
  Result<Reply> reply = co_await client_->ask(std::move(question), use);
  if (!reply) co_return reply.error();
  const UpstreamHead& head = reply->transfer->head();
  OriginReport report;
  report.url = reply->transfer->url().text;
  report.status = head.status;
  report.length = reply->answer.length;
  report.content_type = head.content_type;
  report.validators = head.validators;
  report.ranges = reply->answer.kind == Answer::Kind::part;
  http::Representation described;
  described.length = report.length;
  described.validators = report.validators;
  report.provable = is_provable(described);
  report.complaint = reply->answer.error.detail;
  co_return report;
}

}  // namespace tonearm::source
