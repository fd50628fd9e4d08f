#include "server/thumbnail_handler.h"

#include "tonearm/http/plan.h"
#include "tonearm/http/response_head.h"
#include "tonearm/http/target.h"

#include "server/song_links.h"

#include <memory>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

Error no_thumbnail() {
  return Error{ErrorKind::song_not_found, "The song has no thumbnail that can be shown.", {}};
}

io::Task<Result<void>> send_image(const Request& request, Responder& responder,
                                  const Locator& locator, source::Resource& resource) {
  http::RepresentationRequest asked = http::read_representation_request(request.head);
  asked.range = {};  // an image comes whole
  source::ReadIntent intent;
  intent.body = !asked.head && !asked.if_none_match && !asked.if_modified_since;
  Result<http::Representation> what = co_await resource.describe(intent);
  if (!what) co_return what.error();
  const auto type = http::choose_image_type(what->content_type, locator.value);
  if (type.empty()) co_return no_thumbnail();

  http::ResponsePlan plan = http::plan_response(asked, *what, {}, type, {});
  if (plan.status >= 400) {
    Problem problem = problem_of(plan);
    co_return co_await responder.send_problem(std::move(problem));
  }
  plan.accept_ranges = false;
  const bool endless = plan.framing == http::ResponsePlan::Framing::until_end;
  const bool until_close = endless && plan.send_body && request.head.version == 10;
  http::ResponseHead head = responder.begin(plan.status, until_close);
  http::add_plan_fields(head, plan, *what, type, {}, request.head.version);
  const std::string& cache_control = request.serving.options.cache_control;
  if (!cache_control.empty()) head.add("Cache-Control", cache_control);
  head.add("Content-Security-Policy", "sandbox");
  BodyFraming framing = BodyFraming::none;
  if (plan.send_body) framing = endless ? BodyFraming::chunked : BodyFraming::length;
  if (until_close) framing = BodyFraming::until_close;
  responder.start(std::move(head), framing, plan.content_length);
  if (plan.send_body && (endless || plan.content_length > 0)) {
    std::optional<std::uint64_t> end;
    if (!endless) end = plan.content_length;
    const std::unique_ptr<io::ByteReader> reader = resource.read(0, end);
    Result<void> pumped = co_await io::pump(*reader, responder.writer());
    if (!pumped) co_return pumped;
  }
  co_return co_await responder.writer().finish();
}

}  // namespace

Result<Locator> thumbnail_locator(std::string_view thumbnail, std::string_view song_file,
                                  const std::function<bool(std::string_view)>& is_resolver) {
  Result<Locator> locator = parse_locator(thumbnail, is_resolver);
  if (!locator || locator->kind != Locator::Kind::plain) return locator;
  const Result<Locator> song = parse_locator(song_file, is_resolver);
  if (!song) return locator;
  if (song->kind == Locator::Kind::file) locator->kind = Locator::Kind::file;
  if (song->kind == Locator::Kind::s3) {
    locator->kind = Locator::Kind::s3;
    locator->value.insert(0, song->value.substr(0, song->value.find('/')) + '/');
  }
  return locator;
}

io::Task<Result<void>> send_thumbnail(const Request& request, Responder& responder) {
  if (!http::is_song_id(request.id)) co_return bad_song_id();
  responder.exchange().set_song(request.id);
  catalog::SongStore& store = request.serving.store;
  Result<std::shared_ptr<const catalog::Song>> listed =
      co_await store.listed(std::string(request.id));
  if (!listed) co_return listed.error();
  const std::string& thumbnail = (*listed)->thumbnail;
  if (thumbnail.empty() || is_absolute_url(thumbnail)) co_return no_thumbnail();
  Result<std::shared_ptr<const catalog::Song>> song = co_await store.find(request.id);
  if (!song) co_return song.error();
  Result<Locator> locator =
      thumbnail_locator(thumbnail, (*song)->file, request.serving.is_resolver);
  if (!locator) co_return locator.error();
  const source::SourceRequest wanted{std::move(*locator), false};
  Result<std::unique_ptr<source::Resource>> resource = request.serving.source.open(wanted);
  if (!resource) co_return resource.error();
  Result<void> sent = co_await send_image(request, responder, wanted.locator, **resource);
  responder.exchange().add_origin_use((*resource)->origin_use());
  co_return sent;
}

}  // namespace tonearm::server
