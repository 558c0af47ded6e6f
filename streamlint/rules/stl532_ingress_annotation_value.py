from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates.annotations import Annotation
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Edit, Fix, Level
from streamlint.messages.gates import related
from streamlint.messages.nginx import titles
from streamlint.messages.served import lowered
from streamlint.rule import Language, Rule, on


class IngressAnnotationValue(Rule):
    """
    ## What it does

    Finds annotations of an ingress through which a route streams that do not say what they seem to: a timeout of ingress-nginx with
    a unit (`"3600s"`), and a number or `true` without quotes.

    ## Why it breaks streaming

    ingress-nginx takes whole numbers of seconds. What is none is passed over without a word, and the default of 60 s cuts the
    stream after all. The values of annotations are texts: Kubernetes refuses the whole object where one is a number.

    ## Example

    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: chat
      annotations:
        nginx.ingress.kubernetes.io/proxy-read-timeout: "3600s"
    spec:
      ingressClassName: nginx
    ```

    ## Use instead

    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: chat
      annotations:
        nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
    spec:
      ingressClassName: nginx
    ```

    ## Fix safety

    `safe`: it is what the annotation was written for.

    ## References

    - [ingress-nginx: Annotations](https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/)
      (checked 2026-11-26)
    - [Kubernetes: Annotations](https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/) (checked 2026-11-26)
    """

    code = "STL532"
    name = "ingress-annotation-value"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} streams through an ingress that passes over `{value}`: {reason}"

    @on(Annotation)
    def passed_over(self, annotation: Annotation, file: DeploymentFile) -> Iterator[Fact]:
        passages = file.deployment.ask(Passages).of(annotation.gate)
        if not passages:
            return
        meant = annotation.meant

        def repair(_: object) -> Offer:
            edit = Edit(annotation.anchor.span, meant)
            return Fix(f"write `{meant}`", (edit,), Level.SAFE, "it is what was meant") if meant else None

        yield file.fact(
            self,
            annotation,
            routes=titles(passages),
            value=annotation.written,
            reason=annotation.reason,
            label="the default holds" if annotation.is_default_left else "the object is refused",
            help=f"write `{meant}`" if meant else "write a whole number of seconds in quotes",
            related=related(annotation.gate, file, passages),
            repair=repair,
            severity=lowered(self.severity, max(each.certainty for each in passages)),
        )
