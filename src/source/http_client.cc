#include "source/http_client.h"

#include "tonearm/base/ascii.h"

#include <algorithm>

namespace tonearm::source {
namespace {

constexpr std::size_t idle_blocks = 64;  // 16 MiB of a loop's memory, at most
constexpr std::size_t idle_connections = 256;
// What may be thrown away to keep a connection: a rest that is on its way already.
constexpr std::uint64_t short_rest = 256 * 1024;
constexpr std::chrono::milliseconds drain_limit{500};

bool is_harmless(std::string_view name) {
  return iequals(name, "user-agent") || iequals(name, "accept") || iequals(name, "accept-language");
}

bool holds_field(std::span<const HeaderField> fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const HeaderField& field) { return iequals(field.first, name); });
}

std::shared_ptr<ConnectionLimit> limit_of(const HttpOptions& options) {
  if (options.connections) return options.connections;
  return std::make_shared<ConnectionLimit>(options.max_connections_per_host);
}

Reply judged(std::unique_ptr<Transfer> transfer, const std::optional<http::ByteRange>& asked) {
  Reply reply;
  reply.answer = judge_answer(transfer->head(), asked);
  if (!reply.answer.error.detail.empty()) {
    reply.answer.error = transfer->named(std::move(reply.answer.error));
  }
  reply.transfer = std::move(transfer);
  return reply;
}

}  // namespace

std::string if_range(const http::Validators& validators) {
  if (validators.has_strong_etag()) return "If-Range: " + validators.etag->opaque;
  if (!validators.last_modified_is_strong) return {};
  return "If-Range: " + http::format_http_date(*validators.last_modified);
}

std::string if_match(const http::Validators& validators) {
  return validators.has_strong_etag() ? "If-Match: " + validators.etag->opaque : std::string();
}

std::string if_changed(const http::Validators& validators) {
  if (validators.etag) {
    return std::string("If-None-Match: ") + (validators.etag->weak ? "W/" : "") +
           validators.etag->opaque;
  }
  if (!validators.last_modified) return {};
  return "If-Modified-Since: " + http::format_http_date(*validators.last_modified);
}

/// A transfer whose head is awaited. Who awaits it may be cancelled: a client that seeks on should
/// not cost the connection.
struct HttpClient::Asked {
  Asked(HttpClient& asking, std::unique_ptr<Transfer> begun)
      : client(asking), transfer(std::move(begun)) {}
  ~Asked() { client.retire(std::move(transfer)); }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  HttpClient& client;
  std::unique_ptr<Transfer> transfer;
};

HttpClient::HttpClient(io::Executor executor, HttpOptions options)
    : executor_(executor),
      options_(std::move(options)),
      blocks_(idle_blocks),
      connector_(executor, options_),
      gate_(executor, limit_of(options_), idle_connections),
      shared_{executor, connector_, starts_, blocks_, options_},
      plain_headers_(make_headers({}, {})) {}

std::shared_ptr<const RequestHeaders> HttpClient::make_headers(std::span<const HeaderField> own,
                                                               std::string_view condition,
                                                               Upstream upstream) const {
  const auto headers = std::make_shared<RequestHeaders>();
  bool has_agent = false;
  bool has_accept = false;
  const auto add = [&](std::string_view line, bool everywhere) {
    headers->own.lines.append(line).append("\r\n");
    if (everywhere) headers->foreign.lines.append(line).append("\r\n");
  };
  const auto add_field = [&](const std::string& name, const std::string& value) {
    has_agent = has_agent || iequals(name, "user-agent");
    has_accept = has_accept || iequals(name, "accept");
    if (iequals(name, "authorization")) headers->own.authorization = true;
    add(name + ": " + value, is_harmless(name));
  };
  for (const auto& [name, value] : options_.headers) {
    if (upstream == Upstream::harmless && !is_harmless(name)) continue;
    if (!holds_field(own, name)) add_field(name, value);
  }
  for (const auto& [name, value] : own) add_field(name, value);
  if (!has_accept) add("Accept: */*", true);
  add("Accept-Encoding: identity", true);
  if (!has_agent) add("User-Agent: tonearm", true);
  if (!condition.empty()) add(condition, true);
  return headers;
}

io::Task<Result<Reply>> HttpClient::ask(Question question, OriginUse& use) {
  const Destination& destination = *question.destination;
  OriginUrl url = question.moved != nullptr ? *question.moved : destination.url;
  for (unsigned redirects = 0;; ++redirects) {
    std::optional<HostGate::Permit> permit =
        co_await gate_.enter(url.authority(), question.deadline);
    if (!permit) {
      co_return Error{ErrorKind::connection_limit_reached,
                      "all of upstream.max_connections_per_host are in use",
                      std::chrono::seconds(5)};
    }
    Asked asked(*this, std::make_unique<Transfer>(shared_, request_to(std::move(url), question),
                                                  std::move(*permit), &use));
    Result<void> arrived = co_await asked.transfer->wait_for_head(question.deadline);
    std::unique_ptr<Transfer> transfer = std::move(asked.transfer);
    if (!arrived) co_return arrived.error();
    Reply reply = judged(std::move(transfer), question.range);
    const bool redirected = reply.answer.kind == Answer::Kind::redirect;
    if (!redirected || !question.follow_redirects) co_return reply;
    Result<OriginUrl> next =
        resolve_redirect(reply.transfer->url(), reply.transfer->head().location);
    retire(std::move(reply.transfer));  // its body may still be on its way
    if (!next) co_return next.error();
    if (redirects >= options_.max_redirects) {
      co_return Error{
          ErrorKind::http_protocol_error, "more redirects than upstream.max_redirects", {}};
    }
    url = std::move(*next);
  }
}

OriginRequest HttpClient::request_to(OriginUrl url, const Question& question) const {
  const Destination& destination = *question.destination;
  const RequestHeaders& headers = *destination.headers;
  OriginRequest request;
  request.fields = std::shared_ptr<const RequestFields>(
      destination.headers, url.same_origin(destination.url) ? &headers.own : &headers.foreign);
  request.private_allowed = options_.allow_private == AllowPrivate::yes ||
                            (options_.allow_private == AllowPrivate::configured &&
                             destination.configured && url.host == destination.url.host);
  request.url = std::move(url);
  request.range = question.range;
  return request;
}

void HttpClient::retire(std::unique_ptr<Transfer> transfer) {
  if (!transfer) return;
  const std::optional<std::uint64_t> rest = transfer->rest();
  if (!rest || *rest > short_rest) return;
  Transfer& draining = *transfer;
  retired_->push_back(std::move(transfer));
  const auto place = std::prev(retired_->end());
  draining.discard(short_rest, drain_limit, [known = std::weak_ptr(retired_), place] {
    if (const auto retired = known.lock()) retired->erase(place);
  });
}

}  // namespace tonearm::source
