// What programs post to a webhook, as a text to be said. Besides plain text and a form it is JSON, as those post it who
// know one of these:
//
//   Slack, Mattermost, Rocket.Chat    text, username; attachments (pretext, title, title_link, text, fields, fallback); blocks
//   Discord                           content, username; embeds (author, title, url, description, fields, footer)
//   Alertmanager, Grafana             alerts (status, labels, annotations, generatorURL)
//   Grafana, Apprise and others       title, message
//
//   curl -d 'build 17 failed' https://chat.example.org/hooks/TOKEN
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace parlance::chat {

struct hook_message {
  std::string text;      ///< of lines; neither clean nor bounded
  std::string username;  ///< as whom it wants to speak; empty: it does not say
};

/// `content_type`: of the request; may be empty. The error says what is wrong with it, in one plain line.
std::expected<hook_message, std::string> read_hook_message(std::string_view content_type,
                                                           std::string_view body);

}  // namespace parlance::chat
